import { describe, expect, it } from "vitest";
import { cloudEventOf, datasetEventOf } from "./dataset-event.ts";

describe("datasetEventOf()", () => {
  it.each([
    ["penguins.csv", "file:///data/penguins.csv"],
    ["/other/pen guins.csv", "file:///other/pen%20guins.csv"],
    ["s3://bucket/penguins.parquet", "s3://bucket/penguins.parquet"],
  ])("makes %s the URI %s", (path, uri) => {
    expect(datasetEventOf("penguins", path, {}, "/data").uri).toBe(uri);
  });

  it("gives each event an id of its own unless one is given", () => {
    const ids = [{}, {}, { id: "mine" }].map((options) => datasetEventOf("a", "a.csv", options, "/").sourceEventId);
    expect(new Set(ids).size).toBe(3);
    expect(ids[2]).toBe("mine");
  });
});

describe("cloudEventOf()", () => {
  it("is a structured JSON CloudEvent with what was given and no more", () => {
    const options = { id: "1", source: "nightly", span: "12", version: "3", format: "csv", digest: "sha256:ab" };
    const event = datasetEventOf("penguins", "/data/penguins.csv", options, "/");
    expect(JSON.parse(cloudEventOf(event))).toEqual({
      specversion: "1.0",
      id: "1",
      source: "nightly",
      type: "millrace.dataset.published.v1",
      time: event.time,
      data: { uri: "file:///data/penguins.csv", format: "csv", digest: "sha256:ab", span: 12, version: 3 },
    });
    const bare = JSON.parse(cloudEventOf(datasetEventOf("penguins", "/p.csv", {}, "/"))) as { data: object };
    expect(bare.data).toEqual({ uri: "file:///p.csv" });
    const uncached = cloudEventOf(datasetEventOf("penguins", "/p.csv", { cache: false }, "/"));
    expect(JSON.parse(uncached)).toMatchObject({ data: { noCache: true } });
  });
});
