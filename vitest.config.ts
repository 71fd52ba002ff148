import { defineConfig } from "vitest/config";

const source = { conditions: ["millrace-source", "node", "import", "default"] };
const node24 = { execArgv: ["--conditions=millrace-source"], pool: "forks" as const };

export default defineConfig({
  test: {
    projects: [
      {
        resolve: source,
        ssr: { resolve: source },
        test: {
          ...node24,
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: ["**/*.int.test.ts", "**/node_modules/**", "**/dist/**", "tests/**"],
        },
      },
      {
        resolve: source,
        ssr: { resolve: source },
        test: {
          ...node24,
          name: "integration",
          include: ["**/*.int.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "tests/**"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: source,
        ssr: { resolve: source },
        test: {
          ...node24,
          name: "end-to-end",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/interop/**", "tests/.work/**"],
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        resolve: source,
        ssr: { resolve: source },
        test: {
          ...node24,
          name: "interop",
          include: ["tests/interop/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
