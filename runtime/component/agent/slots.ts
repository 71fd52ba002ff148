/** A slot taken; disposing of it lets the next waiter in. */
export interface Slot extends Disposable {
  /** Whether it had to be waited for, so that what was read before is old. */
  readonly waited: boolean;
}

/** A bounded number of executions at once. */
export interface Slots {
  readonly max: number;
  readonly free: number;
  /** A slot if one is free now. */
  tryTake(): Slot | undefined;
  /** A slot, first come first served. */
  take(): Promise<Slot>;
}

/** Makes slots. @param max Executions at once, at least 1. */
export function createSlots(max: number): Slots {
  let free = max;
  const waiting: ((slot: Slot) => void)[] = [];
  const slot = (waited: boolean): Slot => {
    let held = true;
    return {
      waited,
      [Symbol.dispose]() {
        if (!held) return;
        held = false;
        const next = waiting.shift();
        if (next) next(slot(true));
        else free += 1;
      },
    };
  };
  const tryTake = (): Slot | undefined => {
    if (free === 0) return undefined;
    free -= 1;
    return slot(false);
  };
  return {
    max,
    get free() {
      return free;
    },
    tryTake,
    take: () => Promise.resolve(tryTake() ?? new Promise<Slot>((resolve) => waiting.push(resolve))),
  };
}
