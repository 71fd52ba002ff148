import { existsSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import type { SourcePlace } from "../model/mod.ts";
import { packageNamespace } from "./bundle-files.ts";

/** A stack in terms of the author's files. */
export interface UserStack {
  /** Error line and the frames that lie in the bundle, innermost first. */
  readonly stack: string;
  /** Innermost frame in a file of the author's; empty if there is none. */
  readonly place: SourcePlace;
}

/**
 * Rewrites a stack from the bundle's places to the author's by the bundle's source map. Frames outside the bundle
 * are ours or Node's, and are left out.
 *
 * @param bundleUrl URL of the bundle's module, as frames name it.
 * @param sourceMapFile Its source map; without the file, places stay those of the bundle.
 */
export function userStack(stack: string, bundleUrl: string, sourceMapFile: string): UserStack {
  const framesAt = stack.search(/\n\s+at /);
  const head = framesAt === -1 ? stack : stack.slice(0, framesAt);
  const toSource = existsSync(sourceMapFile) ? originFinder(sourceMapFile) : () => undefined;
  const frames = (framesAt === -1 ? "" : stack.slice(framesAt))
    .split("\n")
    .filter((line) => line.includes(bundleUrl))
    .map((line) => frameOf(line, bundleUrl, toSource));
  const own = frames.find(({ place }) => place.file !== undefined && !place.file.startsWith(`${packageNamespace}:`));
  return { stack: [head, ...frames.map(({ text }) => text)].join("\n"), place: own?.place ?? {} };
}

type OriginFinder = (line: number, column: number) => Required<Omit<SourcePlace, "field">> | undefined;

function originFinder(sourceMapFile: string): OriginFinder {
  const map = new SourceMap(JSON.parse(readFileSync(sourceMapFile, "utf8")) as SourceMapPayload);
  return (line, column) => {
    const origin = map.findOrigin(line, column);
    if (!("fileName" in origin)) return undefined;
    return { file: origin.fileName, line: origin.lineNumber, column: origin.columnNumber };
  };
}

function frameOf(line: string, bundleUrl: string, toSource: OriginFinder): { text: string; place: SourcePlace } {
  const at = line.lastIndexOf(bundleUrl);
  const found = /^:(\d+):(\d+)/.exec(line.slice(at + bundleUrl.length));
  const origin = found ? toSource(Number(found[1]), Number(found[2])) : undefined;
  if (!found || !origin) return { text: line.replaceAll(bundleUrl, "bundle"), place: {} };
  const place = `${origin.file}:${origin.line}:${origin.column}`;
  const text = line.slice(0, at) + place + line.slice(at + bundleUrl.length + found[0].length);
  return { text, place: origin };
}
