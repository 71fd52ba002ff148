export { borrowArtifact } from "./borrow-artifact.ts";
export { commitFiles } from "./commit-files.ts";
export { DirectoryStore, type DirectoryStoreOptions } from "./directory-store.ts";
export { firstDifference } from "./first-difference.ts";
export { fileSha256 } from "./file-digest.ts";
export { manifestDigest, manifestSize, manifestText } from "./manifest.ts";
export { openArtifactStore } from "./open-store.ts";
export { planArtifactDigest, planReader, storePlan } from "./plan-artifact.ts";
export * from "./store.ts";
