import type { TestContext } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why a test was not run, for the line `not run: NAME, why`. */
    notRun?: string;
  }
}

/** Leaves a test out for what it lacks; the reason is told with the counts. */
export function notRun(context: TestContext, why: string): never {
  context.task.meta.notRun = why;
  return context.skip(why);
}
