/**
 * The standard artifact types. A custom component may name its own; any token will do.
 * Source: TFX standard_artifacts; Dataset is what a dataset event points to.
 */
export const artifactTypes = [
  "Dataset",
  "Examples",
  "ExampleStatistics",
  "Schema",
  "ExampleAnomalies",
  "TransformGraph",
  "Model",
  "ModelEvaluation",
  "ModelBlessing",
  "PushedModel",
] as const;

/** A standard artifact type. */
export type StandardArtifactType = (typeof artifactTypes)[number];
