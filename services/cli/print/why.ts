import type { Why } from "millrace/projections";
import { printTable } from "./table.ts";
import { shortRun } from "./values.ts";

/** Widest column of sentences. */
const sentenceCharactersMax = 110;

/** A node's explanation for people: the summary, then the chain of messages. Ids are shortened to what names them. */
export function printWhy({ node, run, pipeline, verdict, summary, causes, atSequence }: Why): string {
  const head = `${node} of run ${shortRun(run)} (${pipeline}), as of message ${atSequence}: ${verdict}`;
  const rows = causes.map(({ sequence, sentence }) => [String(sequence), wrapped(shortened(sentence))]);
  return [head, wrapped(shortened(summary)), printTable(["message", "what happened"], rows)].join("\n\n");
}

/** Digests and run ids by their first twelve digits. */
function shortened(text: string): string {
  return text.replaceAll(/(?:sha256:)?([0-9a-f]{12})[0-9a-f]{20,}/g, "$1");
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > sentenceCharactersMax) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
