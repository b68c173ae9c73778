/** How a command in another terminal finds the lab that runs on a data directory. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../../shared/contract/errors.ts";

const runningSchema = z.object({ url: z.string(), pid: z.number() });

const runningFile = (dataDir: string) => join(dataDir, "running.json");

/**
 * Leaves the lab's address for `lightcone call`; what it returns takes it away again. The token in the address is a
 * secret: only the owner may read the file.
 */
export function announce(dataDir: string, url: string): () => void {
  const file = runningFile(dataDir);
  try {
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify({ url, pid: process.pid }), { mode: 0o600 });
  } catch (cause) {
    throw new LabError(
      "refused",
      `The lab cannot write ${file} (${(cause as Error).message}): delete it, or choose another --data-dir.`,
    );
  }
  return () => rmSync(file, { force: true });
}

/** The address of the lab that runs on this data directory. Throws LabError when there is none. */
export function runningLab(dataDir: string): string {
  try {
    const { url, pid } = runningSchema.parse(JSON.parse(readFileSync(runningFile(dataDir), "utf8")));
    process.kill(pid, 0);
    return url;
  } catch (cause) {
    throw new LabError(
      "unreachable",
      `No lab is running on ${dataDir}. Start one with "lightcone lab --host browser", or name its --data-dir. (${cause instanceof Error ? cause.message : String(cause)})`,
    );
  }
}
