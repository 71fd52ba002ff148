/** The argument by which a component's main module starts as an executor: `main.ts executor [address]`. */
export const executorArgument = "executor";

/** Arguments before it: the runtime and the main module. */
const argumentsFrom = 2;

/** Whether a component's main module was started as its executor. */
export function isExecutorProcess(argv: readonly string[]): boolean {
  return argv[argumentsFrom] === executorArgument;
}
