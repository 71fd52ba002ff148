import manifest from "../package.json" with { type: "json" };

type PackageJson = Readonly<Record<string, unknown>> & {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
};

/** Node that runs the command line and the services. */
const nodeVersion = "24.21.0";

/** A project's package.json: what is there stays, and what Millrace needs is added. */
export function packageJson(name: string, existing: PackageJson): string {
  const dependencies = { "@millrace/cli": manifest.version, millrace: manifest.version, ...existing.dependencies };
  const settings = {
    name,
    private: true,
    ...existing,
    type: "module",
    dependencies: sorted(dependencies),
    devDependencies: sorted({ node: nodeVersion, ...existing.devDependencies }),
    millrace: { pipelines: ["pipeline.ts"] },
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}

/** A project's tsconfig.json: checks the pipeline's wiring, builds nothing. */
export function tsconfigJson(): string {
  const settings = {
    compilerOptions: {
      target: "es2024",
      module: "nodenext",
      noEmit: true,
      strict: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
    },
    include: ["*.ts"],
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}

function sorted(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
