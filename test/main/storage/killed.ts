/** Starts that are killed half way, at every step in turn, and the start after each. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { NodeStore } from "../../../main/storage/node-store.ts";
import type { LogKind, SnapshotKind } from "../../../shared/contract/storage.ts";
import { storeOptions } from "./store-options.ts";

const script = fileURLToPath(new URL("dies-at.ts", import.meta.url));

export interface KilledStarts {
  /** Copied for each start. */
  readonly original: string;
  readonly log: LogKind;
  readonly snapshots: SnapshotKind;
  /** Each of so many steps is one at which it dies; the first always is. */
  readonly every?: number;
}

/** `check` sees the store as the start after the kill makes it. Resolves with the number of kills. */
export async function killedAtEveryStep(
  { original, log, snapshots, every = 1 }: KilledStarts,
  check: (store: NodeStore, killedAt: number) => void,
): Promise<number> {
  for (let nth = 1, kills = 0; ; nth += every, kills += 1) {
    const dir = mkdtempSync(join(tmpdir(), "lightcone-killed-"));
    try {
      cpSync(original, dir, { recursive: true });
      if (!(await diesAt(dir, log, snapshots, nth))) return kills;
      const store = new NodeStore(storeOptions(dir, { log, snapshots }));
      try {
        check(store, nth);
      } finally {
        store.close();
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

/** False when it came to its end before that. */
async function diesAt(dir: string, log: LogKind, snapshots: SnapshotKind, nth: number): Promise<boolean> {
  const child = spawn(process.execPath, [script, dir, log, snapshots, String(nth)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.once("close", (exitCode, exitSignal) => done({ code: exitCode, signal: exitSignal })),
  );
  expect(code === 0 || signal === "SIGKILL", `start ${nth} ended with ${code ?? signal}: ${stderr}`).toBe(
    true,
  );
  return signal === "SIGKILL";
}
