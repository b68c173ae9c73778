#!/usr/bin/env node
// Runs a script of the project, or a tool it depends on, under the Node that comes with the project:
//   node main/node.mjs vitest run
//   node main/node.mjs main/start.mjs lab
// Every npm script goes through here, so the machine's own Node only has to be able to read this file.
// (npm's own link node_modules/.bin/node cannot be relied on: npm 10 removes it together with the packages of the
// other platforms.)
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** better-sqlite3 13 needs Node-API 10; an older Node loads it and then dies without a word. */
const isNewEnough = Number(process.versions.napi) >= 10;

/** The Node that npm installed for this platform, or null where there is none. */
function bundledNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  for (const prefix of ["node", "node-bin"]) {
    const home = join(root, "node_modules", `${prefix}-${platform}-${process.arch}`, "bin");
    const path = join(home, platform === "win" ? "node.exe" : "node");
    if (existsSync(path)) return path;
  }
  return null;
}

/** A path stays a path; a bare name is a dependency's command. */
function scriptOf(name) {
  if (name.includes("/")) return join(root, name);
  const home = join(root, "node_modules", name);
  const { bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  return join(home, typeof bin === "string" ? bin : bin[name]);
}

// npm ends the shell it started us in, not us: without this a lab would outlive the `npm start` that was ended.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 500);
  watch.unref();
}

const [name, ...args] = process.argv.slice(2);
const script = scriptOf(name);
if (isNewEnough) {
  process.argv.splice(1, process.argv.length, script, ...args);
  await import(pathToFileURL(script).href);
} else {
  runUnder(bundledNode());
}

function runUnder(node) {
  if (node === null) {
    console.error(
      `Lightcone needs Node 24 (this is ${process.version}) and found none for ${process.platform} ${process.arch} in node_modules. Run "npm ci", or install Node 24.`,
    );
    process.exit(1);
  }
  // The fourth line carries nothing: it closes when this process is gone, however it went (see start.mjs).
  const child = spawn(node, [script, ...args], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
