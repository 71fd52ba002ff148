import { basename, dirname, resolve } from "node:path";
import { type ServiceSpec, standardServices } from "@millrace/local";
import { WrongUse } from "../wrong-use.ts";
import { readProject } from "./project.ts";

export interface ServiceChoice {
  /** `name=count`, as given. */
  readonly replicas?: readonly string[];
  /** Main modules of services of the user's own. */
  readonly mains?: readonly string[];
}

/**
 * The services to start: the standard ones, those that the project's package.json lists
 * (`"millrace": { "services": { "row-filter": "services/row-filter/main.ts" } }`), and those given.
 * @throws {WrongUse} replicas of a service that isn't there, or not a count.
 */
export function chosenServices(project: string, choice: ServiceChoice): readonly ServiceSpec[] {
  const own = new Map<string, string>([
    ...Object.entries(readProject(project).services),
    ...(choice.mains ?? []).map((main): [string, string] => [nameOf(main), main]),
  ]);
  const services = [
    ...standardServices(),
    ...[...own].map(([name, main]) => ({ name, main: resolve(project, main), replicas: 1 })),
  ];
  const replicas = new Map((choice.replicas ?? []).map(parseReplicas));
  for (const name of replicas.keys()) {
    if (services.some((service) => service.name === name)) continue;
    throw new WrongUse(
      `There is no service "${name}": there are ${services.map((service) => service.name).join(", ")}`,
    );
  }
  return services.map(({ name, main }) => ({ name, main, replicas: replicas.get(name) ?? 1 }));
}

/** A service's name is its folder's. */
function nameOf(main: string): string {
  return basename(dirname(resolve(main)));
}

function parseReplicas(text: string): [string, number] {
  const [, name, count] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined || Number(count) < 1) throw new WrongUse(`Cannot read --replicas ${text}: write trainer=3`);
  return [name, Number(count)];
}
