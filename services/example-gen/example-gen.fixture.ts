import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "millrace/component";
import type { exampleGenDeclaration } from "millrace/pipeline";
import { exampleGen } from "./example-gen.ts";

/** What an execution left. */
export interface Executed {
  readonly path: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface ExecuteOptions {
  readonly splits?: Readonly<Record<string, number>>;
  readonly format?: "parquet" | "tfrecord";
  /** The dataset's name; its ending is its format. */
  readonly name?: string;
}

const ignore = () => {};

/** Runs ExampleGen on datasets in a folder of its own. */
export class ExampleGenRuns implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "millrace-example-gen-"));
  #runs = 0;

  /** Executes on a dataset of one file with that content. */
  async execute(content: string | Uint8Array, options: ExecuteOptions = {}): Promise<Executed> {
    const { splits = { train: 2, eval: 1 }, format = "parquet", name = "data.csv" } = options;
    this.#runs += 1;
    const source = join(this.folder, `${this.#runs}-source`);
    const path = join(this.folder, `${this.#runs}-examples`);
    for (const directory of [source, path]) mkdirSync(directory);
    writeFileSync(join(source, name), content);
    const properties: Record<string, string> = {};
    const setProperty = (key: string, value: string) => void (properties[key] = value);
    const artifact = { type: "Dataset", digest: "", bytes: 0n, files: 1, properties: { name, span: "7" } };
    const context: ExecutionContext<typeof exampleGenDeclaration> = {
      pipeline: "p",
      run: "r",
      node: "examples",
      inputs: { source: { artifact, path: source } },
      outputs: { examples: { path, setProperty, omit: ignore } },
      parameters: { splits: Object.entries(splits).map(([split, buckets]) => ({ name: split, buckets })), format },
      functions: {},
      seed: 0,
      signal: new AbortController().signal,
      push: undefined,
      progress: ignore,
      metric: ignore,
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    };
    await exampleGen.execute(context);
    return { path, properties };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
