import { readdirSync } from "node:fs";
import type { ArtifactStore, Staging } from "../../artifacts/mod.ts";
import type { StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { OutputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { Terminal } from "../../model/mod.ts";
import type { Declaration, Port } from "../../pipeline/mod.ts";
import type { Output } from "../component.ts";

/** An execution's outputs while it writes them. Disposing of them removes what was not committed. */
export interface StagedOutputs extends AsyncDisposable {
  readonly outputs: Readonly<Record<string, Output>>;
  /**
   * Commits all that were not omitted.
   * @throws {Terminal} `output-empty`, `output-omitted`; `not-a-payload` from the store.
   */
  commit(): Promise<OutputArtifact[]>;
}

/** Stages every output that a component declares, under the execution's own name. */
export async function stageOutputs(
  declaration: Declaration,
  start: StartExecution,
  executionId: string,
  store: ArtifactStore,
): Promise<StagedOutputs> {
  const staged: StagedOutput[] = [];
  for (const [name, port] of Object.entries(declaration.outputs)) {
    staged.push(new StagedOutput(start.node, name, port, await store.stage(executionId, name)));
  }
  return {
    outputs: Object.fromEntries(staged.map((output) => [output.name, output])),
    async commit() {
      const kept = staged.filter((output) => output.isKept());
      const committed: OutputArtifact[] = [];
      for (const { name, staging, port, properties } of kept) {
        const artifact = await store.commit(staging, { type: port.type, properties: Object.fromEntries(properties) });
        committed.push({ name, artifact });
      }
      return committed;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(staged.map(({ staging }) => store.discard(staging)));
    },
  };
}

class StagedOutput implements Output {
  readonly node: string;
  readonly name: string;
  readonly port: Port;
  readonly staging: Staging;
  readonly properties = new Map<string, string>();
  #omitted = false;

  constructor(node: string, name: string, port: Port, staging: Staging) {
    this.node = node;
    this.name = name;
    this.port = port;
    this.staging = staging;
  }

  get path(): string {
    return this.staging.path;
  }

  setProperty(name: string, value: string): void {
    this.properties.set(name, value);
  }

  omit(): void {
    this.#omitted = true;
  }

  /** Whether it is to be committed. */
  isKept(): boolean {
    if (this.#omitted && !this.port.optional) throw this.#wrong("output-omitted", "be written", "it was omitted");
    if (this.#omitted) return false;
    if (readdirSync(this.path).length === 0) throw this.#wrong("output-empty", "hold a file", "nothing was written");
    return true;
  }

  #wrong(code: string, required: string, current: string): Terminal {
    const message = `Cannot finish ${this.node} as its output ${JSON.stringify(this.name)} must ${required}: ${current}. Mend the component's execute`;
    return new Terminal(code, message, { field: this.name });
  }
}
