/**
 * Each walk in walks/ is what one node says and does, in text. After a wanted change rewrite them with
 * `vitest run test/shared/membership/walks.test.ts -u` and read the difference.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rewalk } from "./walk.ts";

const walks = {
  join: "a node joins by seed, keeps trying, and stops when one answers",
  probe: "direct probe, helpers, suspicion, verdict",
  helper: "a node probes for another",
  refused: "P22: a refused send is a failed probe",
  refute: "P16: a node refutes what is said of it, with an incarnation made durable first",
  incarnations: "P14, P15, P21: which claim beats which",
  health: "P18: a node that hears nobody doubts itself first",
  late: "P18: a late tick convicts nobody",
  reconnect: "P17: dead members are tried again",
  leave: "P23: a graceful leave, and its end",
} as const;

it.each(Object.entries(walks))("%s: %s", async (name) => {
  const path = join(import.meta.dirname, "walks", `${name}.txt`);
  await expect(rewalk(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
});
