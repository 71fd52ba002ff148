import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { digestOf } from "millrace/model";
import { pusherDeclaration } from "millrace/pipeline";
import { testExecution, testInput } from "millrace/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listFiles } from "millrace/artifacts";
import { pushModel } from "./push-model.ts";

const modelDigest = digestOf("model");

let directory: string;
let pushRoot: string;
let attempt: number;

beforeEach(async () => {
  attempt = 0;
  directory = await mkdtemp(join(tmpdir(), "millrace-pusher-"));
  pushRoot = join(directory, "push");
  await mkdir(join(directory, "model/Format-Serving/transform"), { recursive: true });
  await writeFile(join(directory, "model/Format-Serving/model.json"), "{}");
  await writeFile(join(directory, "model/Format-Serving/weights.bin"), "weights");
  await writeFile(join(directory, "model/Format-Serving/transform/graph.json"), "[]");
});

afterEach(() => rm(directory, { recursive: true }));

interface Case {
  readonly to?: string;
  readonly version?: bigint;
  readonly blessing?: Readonly<Record<string, string>>;
  readonly intended?: string;
}

function execution({ to = "serving/penguins", version, blessing, intended = modelDigest }: Case) {
  const model = testInput("Model", join(directory, "model"), {}, modelDigest);
  const artifact = { ...model.artifact, digest: intended };
  return testExecution(pusherDeclaration, {
    directory: join(directory, `attempt-${(attempt += 1)}`),
    inputs: { model, blessing: blessing && testInput("ModelBlessing", directory, blessing) },
    parameters: { to },
    ...(version === undefined
      ? {}
      : { push: { version, model: artifact, run: "r", node: "pusher", pipeline: "p", blessedSequence: 1n } }),
  });
}

async function push(given: Case) {
  const { context, outputs } = execution(given);
  const result = await pushModel(context, () => ({ pushRoot }));
  return { ...result, ...outputs.pushed, files: await listFiles(outputs.pushed.path) };
}

const servingFiles = ["model.json", "transform/graph.json", "weights.bin"];

describe("pushModel()", () => {
  it("copies the serving files to the intended version and keeps them as its payload", async () => {
    const pushed = await push({ version: 41n, blessing: { blessed: "1", current_model: modelDigest } });
    const place = join(pushRoot, "serving/penguins/41");
    expect(await listFiles(place)).toEqual(servingFiles);
    expect(pushed.files).toEqual(servingFiles);
    expect(await readFile(join(place, "weights.bin"), "utf8")).toBe("weights");
    expect(pushed.properties).toEqual({
      pushed: "1",
      pushed_destination: pathToFileURL(place).href,
      pushed_version: "41",
    });
    expect(pushed.note).toBe("pushed to serving/penguins as version 41");
  });

  it("leaves nothing but the version in the destination", async () => {
    await push({ version: 41n });
    expect(await readdir(join(pushRoot, "serving/penguins"))).toEqual(["41"]);
  });

  it("pushes a model that no blessing is wired for", async () => {
    expect((await push({ version: 41n })).properties["pushed"]).toBe("1");
  });

  it("pushes nothing if the model is not blessed", async () => {
    const pushed = await push({ version: 41n, blessing: { blessed: "0", current_model: modelDigest } });
    expect(pushed).toMatchObject({ properties: { pushed: "0" }, note: "not pushed: the model is not blessed" });
    expect(pushed.files).toEqual(["NOT_PUSHED"]);
    await expect(readdir(pushRoot)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("only stages without an intended push, and needs no push root for that", async () => {
    const { context, outputs } = execution({});
    const { note } = await pushModel(context, () => {
      throw new Error("must not be read");
    });
    expect(note).toContain("staged only");
    expect(outputs.pushed.properties).toEqual({ pushed: "0" });
    expect(await listFiles(outputs.pushed.path)).toEqual(servingFiles);
  });

  it("adopts a version that an earlier attempt has written", async () => {
    await push({ version: 41n });
    const again = await push({ version: 41n });
    expect(again.properties["pushed"]).toBe("1");
    expect(again.note).toContain("an earlier attempt had written it");
  });

  it("refuses a version that holds other files, naming the first that differs", async () => {
    await push({ version: 41n });
    await writeFile(join(directory, "model/Format-Serving/weights.bin"), "others!");
    await expect(push({ version: 41n })).rejects.toMatchObject({
      code: "version-conflict",
      message: expect.stringContaining("weights.bin differs"),
    });
    expect(await readFile(join(pushRoot, "serving/penguins/41/weights.bin"), "utf8")).toBe("weights");
  });

  it("removes what an attempt that crashed has left, and no other version's", async () => {
    const destination = join(pushRoot, "serving/penguins");
    await mkdir(join(destination, ".incoming-41-crashed"), { recursive: true });
    await mkdir(join(destination, ".incoming-42-running"));
    await push({ version: 41n });
    expect(await readdir(destination)).toEqual([".incoming-42-running", "41"]);
  });

  it("says which directory can't be written, and leaves nothing there", async () => {
    await mkdir(pushRoot);
    await writeFile(join(pushRoot, "serving"), "a file where a directory should be");
    await expect(push({ version: 41n })).rejects.toMatchObject({
      class: "terminal",
      code: "destination-not-writable",
      message: expect.stringContaining(join(pushRoot, "serving/penguins")),
    });
    expect(await readdir(pushRoot)).toEqual(["serving"]);
  });

  it("does not follow a link out of the push root", async () => {
    await mkdir(pushRoot);
    await mkdir(join(directory, "outside"));
    await symlink(join(directory, "outside"), join(pushRoot, "serving"));
    await expect(push({ version: 41n })).rejects.toMatchObject({ code: "destination-outside-root" });
    expect(await readdir(join(directory, "outside"))).toEqual([]);
  });

  it.each(["../outside", "/etc", "serving/../../outside", "serving//x"])("refuses the destination %s", (to) => {
    expect(() => execution({ to })).toThrowError(/below the push root/);
  });

  it("refuses a blessing of another model", async () => {
    const blessing = { blessed: "1", current_model: digestOf("another") };
    await expect(push({ version: 41n, blessing })).rejects.toMatchObject({ code: "blessing-of-other-model" });
  });

  it("refuses an intended push of another model", async () => {
    const intended = digestOf("another");
    await expect(push({ version: 41n, intended })).rejects.toMatchObject({ code: "push-of-other-model" });
  });

  it("refuses a model without files for serving", async () => {
    await rm(join(directory, "model/Format-Serving"), { recursive: true });
    await expect(push({ version: 41n })).rejects.toMatchObject({ code: "model-not-servable" });
  });
});
