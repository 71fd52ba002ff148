import { fileURLToPath } from "node:url";

/** A service and the module that starts it. */
export interface ServiceSpec {
  /** Its name; a component service's is its component's. */
  readonly name: string;
  /** Path of its main module. */
  readonly main: string;
  /** Processes to run; they share the work. */
  readonly replicas: number;
}

/** The services of a whole stack, in the order in which a run meets them. */
export const standardServiceNames = [
  "ingest",
  "example-gen",
  "statistics-gen",
  "schema-gen",
  "example-validator",
  "transform",
  "trainer",
  "evaluator",
  "model-validator",
  "pusher",
  "serving",
] as const;

/** The standard services as this installation has them, one process each unless `replicas` says otherwise. */
export function standardServices(replicas: Readonly<Record<string, number>> = {}): readonly ServiceSpec[] {
  return standardServiceNames.map((name) => ({
    name,
    main: fileURLToPath(import.meta.resolve(`@millrace/${name}/main`)),
    replicas: replicas[name] ?? 1,
  }));
}
