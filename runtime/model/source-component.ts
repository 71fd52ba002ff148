/** Component of the node that stands for a run's dataset in every plan; that node's journal is the run's `started`. */
export const sourceComponent = "ingest";
