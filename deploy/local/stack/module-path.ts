import { fileURLToPath } from "node:url";

const fromSource = import.meta.url.endsWith(".ts");

/** Path of a module of this folder, as source or as built. */
export function modulePath(name: string): string {
  return fileURLToPath(new URL(`./${name}.${fromSource ? "ts" : "js"}`, import.meta.url));
}

/** Options of Node with which a process finds the library as this one does. */
export function moduleOptions(): readonly string[] {
  return [...(fromSource ? ["--conditions=millrace-source"] : []), "--disable-warning=ExperimentalWarning"];
}
