import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import * as pipeline from "millrace/pipeline";
import type { Declaration } from "millrace/pipeline";
import { program } from "../../services/cli/program.ts";
import { anchorsOf, headingsOf, linksOf, sectionOf } from "./markdown.ts";
import { exists, manifests, textOf, trackedFiles } from "./repository.ts";

const code = () => trackedFiles(/^(runtime|services|deploy|bench|tools)\/.*\.(ts|js|mjs)$/);
const tests = /\.test\.ts$|\.fixture\.ts$|\/(testdata|fixtures)\//;

/** Names of settings in a text. */
function settings(text: string): string[] {
  return text.match(/\bMILLRACE_[A-Z_]+\b/g) ?? [];
}

describe("the documents", () => {
  it.each(trackedFiles(/\.md$/))("link to what is there: $path", ({ path, text }) => {
    for (const { file, anchor } of linksOf(text)) {
      const target = file === "" ? path : posix.join(posix.dirname(path), file);
      expect(exists(target), `${path} links to ${target}`).toBe(true);
      if (anchor !== "") expect(anchorsOf(textOf(target)), `${path} links to ${target}#${anchor}`).toContain(anchor);
    }
  });

  it("list every event type on its subject, as the contract has them", () => {
    const body = /oneof body \{(?<fields>[\s\S]*?)\n {2}\}/.exec(textOf("proto/millrace/event/v1/event.proto"));
    const types = [...(body?.groups?.["fields"] ?? "").matchAll(/^ {4}(\w+) \w+ = \d+;/gm)].map(([, type]) => type);
    const rows = sectionOf(textOf("docs/protocol.md"), "Subjects").match(/^\| `mr\..*$/gm) ?? [];
    const listed = rows.flatMap((row) => [...(row.split("|")[2] ?? "").matchAll(/`(\w+)`/g)].map(([, type]) => type));
    expect(types.length).toBeGreaterThan(20);
    expect(new Set(listed)).toEqual(new Set(types));
    expect(listed).toHaveLength(types.length);
  });

  it("have the sections of the protocol that comments cite", () => {
    const sections = headingsOf(textOf("docs/protocol.md"))
      .map(({ title }) => title)
      .toSorted((a, b) => b.length - a.length);
    for (const { path, text } of code()) {
      for (const [cited, named = ""] of text.matchAll(/docs\/protocol\.md(?<named>,[^.]*)?\./g)) {
        const rest = sections.reduce(
          (left, section) => left.replaceAll(section, ""),
          named.replaceAll(/\s+\*?\s*/g, " "),
        );
        expect(rest.replaceAll(/[\s,()\d]|and/g, ""), `${path} cites ${cited}`).toBe("");
      }
    }
  });

  it("tell every setting that the code reads, and no other", () => {
    const read = new Set(code().flatMap(({ path, text }) => (tests.test(path) ? [] : settings(text))));
    const rows = sectionOf(textOf("docs/operations.md"), "Settings").match(/^\| `MILLRACE_[A-Z_]+`/gm) ?? [];
    expect(new Set(rows.flatMap(settings))).toEqual(read);
  });

  it("tell every verb of the command line and its options", () => {
    const page = textOf("docs/cli.md");
    const common = new Set(["--json", "--data-dir", "--at", "--help"]);
    const verbs = program(() => {}).commands.flatMap((verb) => (verb.commands.length > 0 ? verb.commands : [verb]));
    expect(verbs.length).toBeGreaterThan(10);
    for (const verb of verbs) {
      const name = verb.parent?.name() === "millrace" ? verb.name() : `${verb.parent?.name()} ${verb.name()}`;
      expect(page, name).toMatch(new RegExp(`^\\|.*\`${name}[ \`]`, "m"));
      for (const { long } of verb.options) if (long && !common.has(long)) expect(page, name).toContain(long);
    }
  });

  it("tell every code that verify gives", () => {
    const text = trackedFiles(/^runtime\/audit\/.*\.ts$/)
      .filter(({ path }) => !tests.test(path))
      .map((file) => file.text)
      .join("\n");
    const calls = text.matchAll(/(?:problem|note|report)\(\s*"([a-z]+(?:-[a-z]+)*)"|\? "([a-z-]+)" : "([a-z-]+)";/g);
    const given = [...calls].flatMap(([, ...named]) => named.filter((name) => name !== undefined));
    const page = textOf("docs/verify.md");
    const rows = ["Problems", "Notes"].flatMap((section) => sectionOf(page, section).match(/^\| `[a-z-]+`/gm) ?? []);
    // What the store itself says of an artifact that is not there.
    expect(new Set(rows.map((row) => row.slice(3, -1)))).toEqual(new Set([...given, "artifact-missing"]));
  });

  it("tell every input, output, parameter and function of the standard components", () => {
    const page = textOf("docs/components.md");
    const declarations = Object.entries(pipeline)
      .filter(([name]) => name.endsWith("Declaration"))
      .map(([, value]) => value as unknown as Declaration);
    expect(declarations).toHaveLength(9);
    for (const { name, inputs, outputs, parameters, functions } of declarations) {
      const title = headingsOf(page).find((heading) => heading.title.toLowerCase() === name.replaceAll("-", ""))?.title;
      const text = `${sectionOf(page, title ?? "")}${page.split("\n").find((line) => line.startsWith(`| [${name}]`))}`;
      for (const told of [inputs, outputs, parameters, functions].flatMap((ports) => Object.keys(ports)))
        expect(text, `${name}: ${told}`).toMatch(new RegExp(`\\b${told}\\b`));
    }
  });

  it.each([
    ["README.md", "examples/penguins/pipeline.ts", "export default pipeline("],
    ["docs/custom-component.md", "examples/custom-component/row-filter/component.ts", "import "],
    ["docs/custom-component.md", "examples/custom-component/row-filter/main.ts", "import "],
  ])("show code as it is: %s has %s", (page, file, from) => {
    const source = textOf(file);
    expect(textOf(page)).toContain(source.slice(source.indexOf(from)));
  });

  it("list every decision", () => {
    const index = textOf("docs/adr/README.md").replaceAll(/ +/g, " ");
    const decisions = trackedFiles(/^docs\/adr\/\d{4}-[a-z-]+\.md$/);
    for (const { path, text } of decisions) {
      const [, number, title] = /^# (\d+)\. (.+)$/m.exec(text) ?? [];
      expect(index).toContain(`| ${number} | [${title}](${posix.basename(path)}) |`);
      expect(Number(posix.basename(path).slice(0, 4)), path).toBe(Number(number));
      const parts = headingsOf(text).filter(({ level }) => level === 2);
      expect(
        parts.map((part) => part.title),
        path,
      ).toEqual(["Context", "Decision", "Consequences"]);
    }
    expect(index.match(/^\| \d+ \|/gm)).toHaveLength(decisions.length);
  });

  it("name in the README every package that is used, at its version", () => {
    const lines = textOf("README.md").toLowerCase().split("\n");
    for (const [path, { dependencies, devDependencies }] of manifests())
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        if (!/^(@millrace\/|millrace$|node$|@types\/)/.test(name))
          expect(
            lines.some((line) => line.includes(name.replace(/^@bufbuild\/buf$/, "buf")) && line.includes(version)),
            `${name} ${version} of ${path}`,
          ).toBe(true);
  });
});
