import { sourceComponent } from "../../model/mod.ts";
import type { FaultKind, FaultProfile } from "./faults.ts";
import type { Lag } from "./log.ts";
import type { Skew } from "./process.ts";
import { Random } from "./random.ts";
import { drawShape, shapeNames } from "./shapes.ts";
import type { Shape, ShapeName } from "./shapes.ts";

/** Something done from outside during a schedule. */
export type Act =
  /** A dataset event; the same id again is the same event, unless its quality differs. */
  | { readonly kind: "publish"; readonly atMs: number; readonly id: string; readonly quality: number }
  /** Cancels a run: at a time, or when the nth operation of a kind is sent. */
  | { readonly kind: "cancel"; readonly atMs: number; readonly onto: string; readonly id: string }
  /** Resumes a run so long after each of its outcomes, so often. */
  | { readonly kind: "resume"; readonly afterMs: number; readonly times: number; readonly id: string }
  /** Loses the bytes of an output that was committed by then. */
  | { readonly kind: "lose"; readonly atMs: number; readonly drawn: number };

/** Everything about a schedule but its faults: a seed determines it. */
export interface Scenario {
  readonly seed: number;
  readonly shape: Shape;
  /** Replicas of each component, `ingest` among them. */
  readonly replicas: Readonly<Record<string, number>>;
  readonly slots: number;
  readonly sweeper: boolean;
  readonly lag: Lag;
  /** Whether clocks differ. */
  readonly skewed: boolean;
  readonly skewSeed: number;
  readonly acts: readonly Act[];
  readonly profile: FaultProfile;
}

/** What a caller may fix; the rest is drawn. */
export interface ScenarioOptions {
  readonly sweeper?: boolean | undefined;
  readonly shapes?: readonly ShapeName[];
  /** Operations that faults are aimed at, beside those drawn. */
  readonly targets?: readonly string[];
  /** Acts that always happen. */
  readonly acts?: readonly Act["kind"][];
  /** The operation onto which a run is cancelled, as `append:nudged 1`. */
  readonly cancelOnto?: string;
  /** Kinds of faults that there are. */
  readonly kinds?: readonly FaultKind[];
  /** Duration of all work, in virtual milliseconds. */
  readonly workMs?: number;
}

/** Operations worth aiming at: each is a gap between two rules. */
const aims = [
  "append:claimed",
  "append:completed",
  "append:failed",
  "append:artifactProduced",
  "append:artifactVoided",
  "append:runStarted",
  "append:runSucceeded",
  "append:runFailed",
  "append:modelBlessed",
  "append:pushIntended",
  "append:pushed",
  "append:skipped",
  "append:cancelled",
  "append:nudged",
  "settle:ack",
  "settle:working",
  "lastOf",
  "deliver",
  "execute",
  "commit",
] as const;

const allKinds: readonly FaultKind[] = [
  "crash-before",
  "crash-after",
  "pause-before",
  "pause-after",
  "lost",
  "answer-lost",
  "late",
  "slow",
  "in-flight",
  "stale",
  "partial",
  "fails",
  "torn",
  "hangs",
];

/** Draws a scenario from a seed. */
export function drawScenario(seed: number, options: ScenarioOptions = {}): Scenario {
  const random = new Random(seed, 17);
  const shape = drawShape(random.pick(options.shapes ?? shapeNames), random, options.workMs);
  const components = new Set(shape.plans.flatMap(({ nodes }) => nodes.map(({ component }) => component)));
  const many = random.chance(0.1);
  const replicas = Object.fromEntries([...components].map((name) => [name, many ? random.between(2, 5) : 2]));
  const skewed = random.chance(0.4);
  const skewSeed = random.between(0, 1e9);
  return {
    seed,
    shape,
    replicas: { [sourceComponent]: 2, ...replicas },
    slots: random.pick([1, 2, 4]),
    sweeper: options.sweeper ?? random.chance(0.4),
    lag: { probability: random.pick([0, 0, 0.1, 0.4]), entriesMax: random.pick([2, 6, 20]) },
    skewed,
    skewSeed,
    acts: drawActs(random, shape, options),
    profile: drawProfile(random, options),
  };
}

/** How a process's clock differs from the server's. */
export function skewOf({ skewed, skewSeed }: Scenario, process: number): Skew {
  if (!skewed) return { offsetMs: 0, rate: 1 };
  const random = new Random(skewSeed, process);
  const offsetMs = random.pick([-600_000, -20_000, -500, 0, 700, 40_000, 3_600_000]);
  return { offsetMs, rate: random.pick([0.9999, 1, 1, 1.0001]) };
}

function drawActs(random: Random, { name }: Shape, options: ScenarioOptions): readonly Act[] {
  const wanted = options.acts ?? [];
  const acts: Act[] = [];
  const runs = name === "validated" || name === "cached" ? random.between(1, 3) : random.pick([1, 1, 2]);
  const togetherMs = random.pick([100, 3_000, 90_000]);
  for (let run = 1; run <= runs; run++) {
    const atMs = random.between(0, togetherMs);
    const publish = { kind: "publish", atMs, id: `e${run}`, quality: drawQuality(random) } as const;
    acts.push(publish);
    const quality = random.chance(0.3) ? publish.quality + 1 : publish.quality;
    if (random.chance(0.2)) acts.push({ ...publish, quality, atMs: random.between(0, 9_000) });
  }
  const id = `e${random.between(1, runs)}`;
  if (wanted.includes("cancel") || random.chance(0.3)) acts.push(drawCancel(random, id, options.cancelOnto));
  const resume = { kind: "resume", afterMs: random.pick([5, 500, 20_000]), times: random.between(1, 2), id } as const;
  const resumes = wanted.filter((kind) => kind === "resume").length || random.pick([0, 0, 0, 0, 0, 1, 1, 2]);
  for (let count = 0; count < resumes; count++) acts.push(resume);
  if (wanted.includes("lose") || (name === "cached" && random.chance(0.3)))
    acts.push({ kind: "lose", atMs: random.between(2_000, togetherMs + 5_000), drawn: random.between(0, 1_000) });
  return acts;
}

const cancelAims = ["append:claimed", "append:completed", "append:nudged", "append:pushIntended", "execute", "lastOf"];

function drawCancel(random: Random, id: string, wanted?: string): Act {
  const aimed = random.chance(0.6);
  const onto = wanted ?? (aimed ? `${random.pick(cancelAims)} ${random.between(1, 3)}` : "");
  return { kind: "cancel", atMs: random.between(0, 8_000), onto, id };
}

function drawQuality(random: Random): number {
  return random.between(1, 4);
}

function drawProfile(random: Random, { targets = [], kinds }: ScenarioOptions): FaultProfile {
  const aimed = Array.from(
    { length: random.pick([0, 1, 1, 2, 3]) },
    () => `${random.pick(aims)} ${random.between(1, 5)}`,
  );
  const calm = random.chance(0.1);
  return {
    rate: calm ? 0 : random.pick([0, 0.002, 0.006, 0.02]),
    faultsMax: random.between(1, 8),
    kinds: new Set(kinds ?? allKinds.filter(() => random.chance(0.75))),
    targets: new Set(calm ? [] : [...aimed, ...targets]),
    untilMs: 150_000,
  };
}
