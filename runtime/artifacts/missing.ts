import { Terminal } from "../model/mod.ts";

/** The error of an artifact that a store does not have. @param place The store, or where in it it should be. */
export function missing(digest: string, place: string): Terminal {
  const message =
    `Cannot read artifact ${digest} as it must be in the store ${place}: it is not there. ` +
    "Check that every service uses the same store and whether `millrace gc` collected it (`millrace artifacts` says so); " +
    "the node that makes it can run again";
  return new Terminal("artifact-missing", message);
}
