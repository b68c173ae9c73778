#!/usr/bin/env node
// The one way in, for `npm start`, `npm run lightcone` and the installed command.
// On a Node too old for better-sqlite3 it starts itself again under the one that comes with the project.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, "dist", "main", "cli.js");

if (!(Number(process.versions.napi) >= 10)) {
  process.argv.splice(2, 0, "main/start.mjs");
  await import("./node.mjs");
} else {
  await start();
}

async function start() {
  endWithLauncher();
  const sources = ["shared", "main", "renderer", "assets", "vite.config.ts", "package.json"].map((name) =>
    join(root, name),
  );
  const isCheckout = existsSync(join(root, "vite.config.ts"));
  if (isCheckout && (!existsSync(entry) || Math.max(...sources.map(newest)) > statSync(entry).mtimeMs)) {
    process.stderr.write("Building Lightcone (a few seconds, only after a change) …\n");
    // In processes of their own: Vite would stay in this one, with half a gigabyte, as long as the lab runs.
    for (const mode of ["preload", "renderer", "main"]) {
      const args = [join(root, "main", "node.mjs"), "vite", "build", "--mode", mode, "--logLevel", "error"];
      const { status } = spawnSync(process.execPath, args, {
        cwd: root,
        stdio: ["ignore", "ignore", "inherit"],
      });
      if (status !== 0) process.exit(status ?? 1);
    }
  }

  await import(pathToFileURL(entry).href);
}

/** Started by node.mjs in a process of its own: when that one is killed, nobody else would end this one. */
function endWithLauncher() {
  if (process.channel === undefined) return;
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref();
}

/** Newest change among the sources, in milliseconds since the epoch. */
function newest(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}
