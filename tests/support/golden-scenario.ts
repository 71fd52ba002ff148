import { rmSync } from "node:fs";
import { openHistory, type RecordValue, writeHistory } from "millrace/history";
import { subjectsOf } from "millrace/log";
import type { RunView } from "millrace/projections";
import { fromTheFuture, Stranger } from "./stranger.ts";
import { type Edits, Workplace } from "./workplace.ts";

const csv = "penguins/penguins.csv";

/**
 * Plays on a stack of its own what a log can hold, and exports that log: runs that succeed, are reused, fail and are
 * resumed, are cancelled, forked and reproduced; a dataset that is refused, a rollback, a pin, and what strangers and
 * later versions write.
 * @param file File to write.
 */
export async function playScenario(file: string, tell: (sentence: string) => void): Promise<void> {
  await using work = new Workplace();
  await work.millrace("up");
  tell("a dataset that nobody knows, and one whose file is missing");
  await register(work);
  await work.millrace("publish", "nobodys", csv, "--json");
  await work.publishPlainly("penguins", cloudEvent("penguins/no-such.csv"));
  tell("a run that succeeds, and one that is reused");
  const first = await work.runOn("penguins", csv);
  await work.runOn("penguins", csv);
  await work.json("pin", first.run, "--reason", "the first of all");
  tell("a fork that pushes another model, and a rollback to the first");
  await work.json("fork", first.run, "--from", "model", "--set", "model.epochs=3", "--wait");
  await work.json("fork", first.run, "--from", "model", "--set", "model.epochs=11", "--push", "--wait");
  await work.millrace("rollback", "serving/penguins", "--reason", "to see it happen", "--json");
  tell("a reproduction");
  await work.json("reproduce", first.run, "--wait");
  tell("a run that fails, and is resumed when its code is mended");
  await failAndMend(work);
  tell("a run that is cancelled");
  const { run = "" } = await work.json<{ run?: string }>("publish", "penguins", csv, "--no-cache");
  await work.json("cancel", run, "--reason", "enough", "--wait");
  tell("what strangers and later versions write");
  await disturb(work, first);
  const exported = work.path("exported.history");
  await work.json("export", "--out", exported);
  await work.millrace("down");
  await writeHistory(file, withoutPath(exported, work.directory));
}

/** The history without the place where it was played, which is replaced by a name of the same length. */
async function* withoutPath(file: string, directory: string): AsyncGenerator<RecordValue> {
  const { header, items } = await openHistory(file);
  const [from, to] = [directory, "/srv/".padEnd(directory.length, "millrace/")].map((text) => Buffer.from(text));
  yield { $case: "header", value: header };
  for await (const { value } of items) {
    if (value.$case !== "message" || from === undefined || to === undefined) yield value;
    else yield { $case: "message", value: { ...value.value, data: replaced(Buffer.from(value.value.data), from, to) } };
  }
}

function replaced(data: Buffer, from: Buffer, to: Buffer): Buffer {
  for (let at = data.indexOf(from); at >= 0; at = data.indexOf(from, at + 1)) to.copy(data, at);
  return data;
}

function cloudEvent(uri: string): string {
  const type = "millrace.dataset.published.v1";
  return JSON.stringify({ specversion: "1.0", id: "golden", source: "golden", type, data: { uri } });
}

async function failAndMend(work: Workplace): Promise<void> {
  await register(work, { "preprocessing.ts": [["penguin.culmen_length_mm", "penguin.flipper_depth_mm"]] });
  const failed = await work.runOn("penguins", csv);
  if (failed.state !== "failed") throw new Error(`the run must fail, and it ${failed.state}`);
  await register(work);
  await work.json("resume", failed.run, "--wait");
}

/** Registers the example as it is, or with mistakes. */
async function register(work: Workplace, mistakes: Edits = {}): Promise<void> {
  rmSync(work.path("penguins"), { recursive: true, force: true });
  work.copyExample("penguins", "penguins", mistakes);
  await work.json("pipeline", "register", "penguins/pipeline.ts");
}

async function disturb(work: Workplace, { pipeline, run }: RunView): Promise<void> {
  const subjects = subjectsOf("mr");
  await using stranger = await Stranger.arrive(work.stack().natsUrl);
  const journal = subjects.journal(pipeline, run, "trainer", "model");
  for (const subject of [
    journal,
    subjects.control(pipeline, run),
    subjects.pipeline(pipeline),
    "mr.nobody.knows.this",
  ]) {
    await stranger.publish("garbage", subject, Buffer.from("garbage"));
    await stranger.publish("an event from the future", subject, fromTheFuture());
  }
}
