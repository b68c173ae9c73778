import react from "@vitejs/plugin-react";
import { join } from "node:path";
import { defineConfig, type UserConfig } from "vite";

/** Paths are absolute: a build gives the same files wherever it is started. */
const at = (...parts: string[]) => join(import.meta.dirname, ...parts);

/**
 * Three builds, one per world: `renderer` (the window), `main` (everything that runs under Node) and `preload`
 * (the one CommonJS file a sandboxed Electron window may load). Only better-sqlite3 and electron stay outside.
 */
const builds: Record<string, UserConfig> = {
  renderer: {
    root: at("renderer"),
    base: "./",
    plugins: [react()],
    build: {
      outDir: at("dist", "renderer"),
      emptyOutDir: true,
      target: "es2023",
      sourcemap: true,
      // Small files stay files: the page's policy loads nothing from data: addresses.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1500,
      rolldownOptions: { input: [at("renderer", "index.html"), at("renderer", "desktop.html")] },
    },
  },
  main: {
    root: at(),
    ssr: { noExternal: true, external: ["better-sqlite3", "electron"] },
    build: {
      ssr: true,
      outDir: at("dist", "main"),
      emptyOutDir: true,
      target: "node24",
      sourcemap: true,
      copyPublicDir: false,
      rolldownOptions: {
        input: {
          cli: at("main", "cli", "main.ts"),
          worker: at("main", "worker", "main.ts"),
          "hunt-worker": at("main", "hunt", "worker.ts"),
          "merge-sandbox": at("main", "worker", "merges", "sandbox.ts"),
          electron: at("main", "electron", "main.ts"),
        },
        external: ["better-sqlite3", "electron", "vite"],
        // All beside each other, so that import.meta.dirname is dist/main whichever file a module ends up in.
        output: { chunkFileNames: "[name]-[hash].js" },
      },
    },
  },
  preload: {
    root: at(),
    ssr: { noExternal: true, external: ["electron"] },
    build: {
      ssr: true,
      outDir: at("dist", "preload"),
      emptyOutDir: true,
      target: "node24",
      copyPublicDir: false,
      rolldownOptions: {
        input: { preload: at("main", "electron", "preload.ts") },
        external: ["electron"],
        output: { format: "cjs", entryFileNames: "preload.cjs" },
      },
    },
  },
};

export default defineConfig(({ mode }) => builds[mode] ?? {});
