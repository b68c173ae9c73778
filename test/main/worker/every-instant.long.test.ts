/** A thousand real SIGKILLs at random moments under load, with a restart after each. */
import { expect, it } from "vitest";
import { besiege } from "./every-instant.ts";

const seed = Number(process.env["LIGHTCONE_SEED"] ?? 1);

it.each([
  { kind: "sqlite", sync: "commit", nodes: 1, snapshots: false, kills: 200 },
  { kind: "sqlite", sync: "group", nodes: 1, snapshots: true, kills: 200 },
  { kind: "file", sync: "commit", nodes: 1, snapshots: true, kills: 200 },
  { kind: "file", sync: "group", nodes: 1, snapshots: false, kills: 200 },
  { kind: "sqlite", sync: "commit", nodes: 3, snapshots: true, kills: 100 },
  { kind: "file", sync: "group", nodes: 3, snapshots: false, kills: 100 },
] as const)(
  "$kills kills of $nodes with kind $kind, sync $sync, snapshots taken: $snapshots",
  async ({ kind, sync, nodes, snapshots, kills }) => {
    const flags = [`--log=${kind}`, `--snapshots=${kind}`, `--clock-store=${kind}`, `--sync=${sync}`];
    const say = (line: string) => console.log(`${kind}, ${sync}, ${nodes}: ${line}`);
    const toll = await besiege({ nodes, flags, snapshots, kills, seed, say });
    say(`${JSON.stringify(toll)}, nothing lost`);
    expect(toll.kills).toBe(kills);
  },
);
