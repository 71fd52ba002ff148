/** Artifact type of a user function's bundle. */
export const codeArtifactType = "Code";

/** The bundle's module. The extension makes it an ES module without a package.json beside it. */
export const bundleModule = "index.mjs";

/** Its source map, whose sources are relative to the author's base directory, or `package:…`. */
export const bundleSourceMap = "index.mjs.map";

/** Namespace of sources that aren't the author's; their names begin with it: `package:millrace/transform/ops.ts`. */
export const packageNamespace = "package";
