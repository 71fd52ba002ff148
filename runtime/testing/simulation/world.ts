import type { ArtifactStore } from "../../artifacts/mod.ts";
import { startAgent } from "../../component/agent/agent.ts";
import type { AgentContext } from "../../component/agent/context.ts";
import { createRunningSet } from "../../component/agent/running.ts";
import { createSlots } from "../../component/agent/slots.ts";
import { createPlans } from "../../driver/mod.ts";
import { defaultAckWaitMs, drawEventIdsFrom, parseSubject, subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { sourceComponent, toMillraceError } from "../../model/mod.ts";
import { declareComponent } from "../../pipeline/mod.ts";
import type { Declaration } from "../../pipeline/mod.ts";
import { simulatedExecutor } from "./executor.ts";
import type { Effect } from "./executor.ts";
import type { Fault, Faults } from "./faults.ts";
import { SimulatedLog } from "./log.ts";
import { SimulatedProcess } from "./process.ts";
import type { Surroundings } from "./process.ts";
import { mix, Random } from "./random.ts";
import { skewOf } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { SimulatedServer } from "./server.ts";
import type { Written } from "./server.ts";
import { SimulatedBytes, SimulatedStore } from "./store.ts";
import { Trace } from "./trace.ts";
import { behaviourOf } from "./work.ts";

/** Where a simulated ingest runs. */
export interface IngestPlace {
  readonly log: Log;
  readonly store: ArtifactStore;
  /** Whether its sweeper is at work. */
  readonly sweeper: boolean;
  readonly random: () => number;
  readonly ackWaitMs: number;
  onTrouble(thrown: unknown): void;
}

/** Starts the real ingest in a simulated place; services lie above this library, so whoever simulates brings it. */
export type StartIngest = (place: IngestPlace) => Promise<void>;

/** A planted defect: replaces or wraps a part of a process from outside. */
export interface Defect {
  log?(log: Log, process: SimulatedProcess, world: World): Log;
  agent?(context: AgentContext, world: World): AgentContext;
}

/** A run by its place in the log. */
export interface RunPlace {
  readonly pipeline: string;
  readonly run: string;
}

/** A violation of what the protocol promises. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
}

type CallPlace = Parameters<Faults["next"]>;

/** One simulated cluster. */
export class World {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly faults: Faults;
  readonly trace: Trace;
  readonly server: SimulatedServer;
  readonly bytes = new SimulatedBytes();
  readonly effects: Effect[] = [];
  readonly violations: Violation[] = [];
  /** A process's connection from outside the cluster: no fault meets it. */
  readonly client: SimulatedProcess;
  readonly #processes = new Set<SimulatedProcess>();
  readonly #defect: Defect | undefined;
  readonly #startIngest: StartIngest;
  readonly #around: Surroundings;
  readonly #awaited: { readonly operation: string; left: number; readonly run: () => void }[] = [];
  readonly #watchers: ((written: Written) => void)[] = [];
  #restarting = 0;

  constructor(scenario: Scenario, faults: Faults, startIngest: StartIngest, defect?: Defect, trace = new Trace()) {
    this.scenario = scenario;
    this.faults = { struck: faults.struck, next: (...call) => this.#next(faults, ...call) };
    this.trace = trace;
    this.#startIngest = startIngest;
    this.#defect = defect;
    const { scheduler } = this;
    this.#around = {
      seed: scenario.seed,
      scheduler,
      faults: this.faults,
      note: (process, what) => trace.note(scheduler.nowMs, process, what),
    };
    this.server = new SimulatedServer(this.#around);
    this.server.onWritten = (written) => {
      for (const look of this.#watchers) look(written);
    };
    const none: Faults = { struck: [], next: () => undefined };
    const calm = { ...this.#around, faults: { ...none, next: (...call: CallPlace) => this.#next(none, ...call) } };
    this.client = new SimulatedProcess(calm, "client", 0, { offsetMs: 0, rate: 1 }, () => {});
  }

  /** Draws event ids from the seed until the result is called. */
  drawIds(): () => void {
    let drawn = 0;
    return drawEventIdsFrom(() => {
      drawn += 1;
      const word = (salt: number) => mix(this.scenario.seed, drawn, salt).toString(16).padStart(8, "0");
      return word(5) + word(6) + word(7) + word(8);
    });
  }

  /** A log of the client's. */
  clientLog(): Log {
    const lag = { probability: 0, entriesMax: 0 };
    const log = new SimulatedLog(this.client, this.server, lag, (thrown) => this.fault(thrown));
    return this.#defect?.log?.(log, this.client, this) ?? log;
  }

  /** Starts every replica of every component. */
  startAll(): void {
    let index = 0;
    for (const [component, count] of Object.entries(this.scenario.replicas))
      for (let replica = 1; replica <= count; replica++) {
        index += 1;
        this.#start(component, `${component}-${replica}`, index);
      }
  }

  /** Whether nothing will happen any more but timers: no message under way, nothing held, nobody down. */
  get quiet(): boolean {
    if (this.scheduler.foreground > 0 || this.#restarting > 0) return false;
    for (const process of this.#processes) if (process.held > 0 || process.paused) return false;
    return this.server.settled;
  }

  violate(rule: string, what: string): void {
    this.violations.push({ rule, what });
  }

  /** An error that no code expects is a violation of its own. */
  fault(thrown: unknown): void {
    const error = toMillraceError(thrown);
    const cause = error.cause instanceof Error ? (error.cause.stack ?? "") : "";
    if (error.code === "internal") this.violate("unexpected-error", `${error.message} ${cause}`);
  }

  /** Calls back when an operation is done for the nth time by any process: `append:claimed 2`. */
  onOperation(place: string, run: () => void): void {
    const operation = place.slice(0, place.lastIndexOf(" "));
    this.#awaited.push({ operation, left: Number(place.slice(operation.length + 1)), run });
  }

  /** Calls back after each message. */
  onWritten(look: (written: Written) => void): void {
    this.#watchers.push(look);
  }

  /** Calls back at the outcomes of runs, at most so often each. */
  onOutcome(places: readonly RunPlace[], times: number, run: (place: RunPlace) => void): void {
    const left = new Map(places.map((place) => [`${place.pipeline}.${place.run}`, { place, times }]));
    this.onWritten(({ entry }) => {
      const subject = parseSubject(entry.subject);
      if (subject.kind !== "outcome") return;
      const waiting = left.get(`${subject.pipeline}.${subject.run}`);
      if (waiting === undefined || waiting.times === 0) return;
      waiting.times -= 1;
      run(waiting.place);
    });
  }

  #next(faults: Faults, ...[process, index, operation, nowMs]: CallPlace): Fault | undefined {
    for (const awaited of this.#awaited) {
      if (awaited.operation !== operation) continue;
      awaited.left -= 1;
      if (awaited.left === 0) awaited.run();
    }
    return faults.next(process, index, operation, nowMs);
  }

  #start(component: string, name: string, index: number): void {
    const process = new SimulatedProcess(this.#around, name, index, skewOf(this.scenario, index), (restartMs) => {
      this.#processes.delete(process);
      this.#restarting += 1;
      this.scheduler.after(restartMs, () => {
        this.#restarting -= 1;
        this.trace.note(this.scheduler.nowMs, name, "is started again");
        this.#start(component, name, index);
      });
    });
    this.#processes.add(process);
    const plain = new SimulatedLog(process, this.server, this.scenario.lag, (thrown) => this.fault(thrown));
    const log = this.#defect?.log?.(plain, process, this) ?? plain;
    const started = component === sourceComponent ? this.#ingest(process, log) : this.#agent(component, process, log);
    started.catch((thrown: unknown) => this.#onStartFailed(process, thrown));
  }

  /** A service that cannot start says so, ends, and is started again by whoever runs it. */
  #onStartFailed(process: SimulatedProcess, thrown: unknown): void {
    this.fault(thrown);
    process.die(1_000);
  }

  #ingest(process: SimulatedProcess, log: Log): Promise<void> {
    const random = new Random(this.scenario.seed, process.index, 9);
    return this.#startIngest({
      log,
      store: new SimulatedStore(process, this.bytes),
      sweeper: this.scenario.sweeper,
      random: () => random.next(),
      ackWaitMs: defaultAckWaitMs,
      onTrouble: (thrown) => this.fault(thrown),
    });
  }

  async #agent(component: string, process: SimulatedProcess, log: Log): Promise<void> {
    const onError = (fields: object) => {
      if ("error" in fields) this.fault(fields.error);
    };
    const context: AgentContext = {
      declaration: declarationOf(component, this.scenario),
      environment: { componentVersion: "1", backend: "", versions: {} },
      log,
      subjects: subjectsOf(log.namespace),
      store: new SimulatedStore(process, this.bytes),
      plans: createPlans(log, () => Promise.reject(new Error("no plan is that large here"))),
      executor: simulatedExecutor(
        {
          around: this.#around,
          bytes: this.bytes,
          push: (effect) => this.effects.push({ ...effect, after: this.server.stream.lastSequence }),
        },
        process,
      ),
      running: createRunningSet(),
      slots: createSlots(this.scenario.slots),
      counts: { claimsWon: 0, claimsLost: 0, reused: 0, undecodable: 0 },
      logger: { debug() {}, info() {}, warn: onError, error: onError },
      destinationOf: (parametersJson) => behaviourOf(parametersJson).to ?? "target",
    };
    await startAgent(this.#defect?.agent?.(context, this) ?? context);
  }
}

function declarationOf(component: string, { shape }: Scenario): Declaration {
  const nodes = shape.plans.flatMap((plan) => plan.nodes.filter((node) => node.component === component));
  const types = [...new Set(nodes.flatMap(({ inputs }) => inputs.map(({ type }) => type)))];
  return declareComponent({
    name: component,
    version: "1",
    inputs: Object.fromEntries(types.map((type, index) => [`in${index}`, { type, optional: true }])),
    outputs: {},
    effect: shape.effects[component] ?? "none",
  });
}
