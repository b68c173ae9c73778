/** A few of the kills of every-instant.long.test.ts. */
import { expect, it } from "vitest";
import { besiege } from "./every-instant.ts";

it.each([
  { kind: "sqlite", sync: "commit", snapshots: false, seed: 1 },
  { kind: "file", sync: "group", snapshots: true, seed: 2 },
] as const)(
  "SIGKILL at random moments with kind $kind and sync $sync loses nothing",
  async ({ kind, sync, snapshots, seed }) => {
    const flags = [`--log=${kind}`, `--snapshots=${kind}`, `--clock-store=${kind}`, `--sync=${sync}`];
    const toll = await besiege({ nodes: 1, flags, snapshots, kills: 5, seed });
    expect(toll.kills).toBe(5);
    expect(toll.writes).toBeGreaterThan(0);
    expect(toll.increments).toBeGreaterThan(0);
  },
);
