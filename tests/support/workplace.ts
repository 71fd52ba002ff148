import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, headers } from "@nats-io/transport-node";
import type { RunView } from "millrace/projections";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = join(root, "node_modules/node/bin/node");

/** What a command of the CLI did. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Texts of files and what to put in their place, by file. */
export type Edits = Readonly<Record<string, readonly (readonly [string, string])[]>>;

/** The stack's record: what `up` writes down for other programs. */
interface StackRecord {
  /** Process that holds it. */
  readonly pid: number;
  readonly natsUrl: string;
  readonly services: readonly { readonly name: string; readonly pid: number; readonly address: string }[];
}

/**
 * A project directory of a test's own inside the checkout (so that `millrace/…` resolves), and the commands a user
 * would give in it.
 */
export class Workplace implements AsyncDisposable {
  readonly directory: string;
  #env: NodeJS.ProcessEnv;

  /** @param env Settings of every command, and of what it starts. */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.#env = env;
    mkdirSync(join(root, "tests/.work"), { recursive: true });
    this.directory = mkdtempSync(join(root, "tests/.work/"));
    writeFileSync(this.path("package.json"), JSON.stringify({ name: "work", private: true, type: "module" }));
  }

  /** Settings of every later command, beside those it was made with. */
  set(env: NodeJS.ProcessEnv): void {
    this.#env = { ...this.#env, ...env };
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Copies an example into the project, edited by replacing texts in its files. */
  copyExample(name: string, to: string, edits: Edits = {}): string {
    return this.#copy(join(root, "examples", name), to, edits);
  }

  /** Copies a fixture of these tests into the project. */
  copyFixture(name: string, to: string): string {
    return this.#copy(join(root, "tests/fixtures", name), to, {});
  }

  #copy(source: string, to: string, edits: Edits): string {
    const target = this.path(to);
    cpSync(source, target, { recursive: true, filter: (path) => !path.includes("node_modules") });
    for (const [file, replacements] of Object.entries(edits)) {
      let text = readFileSync(join(target, file), "utf8");
      for (const [from, into] of replacements) {
        if (!text.includes(from)) throw new Error(`${source}/${file} does not hold ${JSON.stringify(from)}`);
        text = text.replaceAll(from, into);
      }
      writeFileSync(join(target, file), text);
    }
    return target;
  }

  /** Runs `millrace …` in the project. */
  millrace(...args: readonly string[]): Promise<Ran> {
    const main = join(root, "services/cli/main.ts");
    const options = ["--conditions=millrace-source", "--disable-warning=ExperimentalWarning"];
    const child = spawn(node, [...options, main, ...args, "--data-dir", this.path(".millrace")], {
      cwd: this.directory,
      env: { ...process.env, ...this.#env, INIT_CWD: this.directory },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return new Promise((resolve) => {
      child.on("close", (status) => resolve({ status: status ?? -1, stdout, stderr }));
    });
  }

  /** Runs a command that must succeed, and parses the document it prints. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const ran = await this.millrace(...args, "--json");
    if (ran.status !== 0) throw new Error(`millrace ${args.join(" ")} ended with ${ran.status}: ${ran.stderr}`);
    return JSON.parse(ran.stdout) as T;
  }

  run(name = "latest"): Promise<RunView> {
    return this.json<RunView>("run", "show", name);
  }

  /** Publishes a file. @returns the run that it starts. */
  async publish(dataset: string, file: string): Promise<string> {
    const { run } = await this.json<{ run: string | null }>("publish", dataset, file);
    if (run === null) throw new Error(`${file} as ${dataset} started no run`);
    return run;
  }

  /** Publishes a file and waits for the end of the run that it starts, whatever its end. */
  async runOn(dataset: string, file: string): Promise<RunView> {
    const { stdout } = await this.millrace("publish", dataset, file, "--wait", "--json");
    return this.run((JSON.parse(stdout) as { run: string }).run);
  }

  /** What runs, as `up` wrote it down. */
  stack(): StackRecord {
    return JSON.parse(readFileSync(this.path(".millrace/stack/stack.json"), "utf8")) as StackRecord;
  }

  /** Process id of a service. */
  pidOf(name: string): number {
    return this.#service(name).pid;
  }

  /** Where a service serves. */
  addressOf(name: string): string {
    return this.#service(name).address;
  }

  #service(name: string): StackRecord["services"][number] {
    const service = this.stack().services.find((other) => other.name === name);
    if (service === undefined) throw new Error(`no service ${name} runs`);
    return service;
  }

  /** Publishes text on a dataset's subject with nothing but a NATS client. @returns its sequence. */
  async publishPlainly(dataset: string, body: string, withHeader = true): Promise<number> {
    const connection = await connect({ servers: this.stack().natsUrl });
    try {
      const meta = headers();
      if (withHeader) meta.set("Content-Type", "application/cloudevents+json");
      const answer = await connection.request(`mr.dataset.${dataset}`, body, { headers: meta, timeout: 10_000 });
      return answer.json<{ seq: number }>().seq;
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.path(".millrace/stack/stack.json"))) await this.millrace("down");
    rmSync(this.directory, { recursive: true, force: true });
  }
}
