import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleGenDeclaration } from "millrace/pipeline";
import { testExecution, testInput, type WrittenOutput } from "millrace/testing";
import { exampleGen } from "./component.ts";

export interface RunOptions {
  readonly splits?: Readonly<Record<string, number>>;
  readonly format?: "parquet" | "tfrecord";
  /** The dataset's name; its ending is its format. */
  readonly name?: string;
}

/** Runs ExampleGen on datasets in a folder of its own. */
export class ExampleGenRuns implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "millrace-example-gen-"));

  /** Executes on a dataset of one file with that content; returns the Examples. */
  async execute(content: string | Uint8Array, options: RunOptions = {}): Promise<WrittenOutput> {
    const { name = "data.csv", ...parameters } = options;
    const directory = mkdtempSync(join(this.#folder, "execution-"));
    const source = join(directory, "source");
    mkdirSync(source);
    writeFileSync(join(source, name), content);
    const { context, outputs } = testExecution(exampleGenDeclaration, {
      directory,
      inputs: { source: testInput("Dataset", source, { name, span: "7" }) },
      parameters,
    });
    await exampleGen.execute(context);
    return outputs.examples;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
