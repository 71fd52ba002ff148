import { availableParallelism } from "node:os";

/** Most threads of one query. */
const threadsMax = 8;

/** Threads of a query whose results are counts and picked values, which no order of work can change. */
export const parallelThreads = Math.min(availableParallelism(), threadsMax);
