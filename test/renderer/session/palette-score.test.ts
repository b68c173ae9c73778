import { describe, expect, it } from "vitest";
import { scoreOf } from "../../../renderer/session/palette-score.ts";
import { clusterCommands } from "../../../renderer/session/commands/cluster-commands.ts";
import { faultCommands, faultsOfNode } from "../../../renderer/session/commands/fault-commands.ts";
import { sessionCommands } from "../../../renderer/session/commands/session-commands.ts";
import { viewCommands } from "../../../renderer/session/commands/view-commands.ts";
import { titleOf } from "../../../renderer/base/commands.ts";
import { labStore } from "../../../renderer/base/store.ts";

const nodes = ["node-1", "node-2", "node-12"].flatMap(faultsOfNode);
const commands = [...clusterCommands, ...faultCommands, ...sessionCommands, ...viewCommands, ...nodes];
const state = labStore.getState();

function firstFor(typed: string): string | undefined {
  const scored = commands.map((command) => ({
    id: command.id,
    score: scoreOf(titleOf(command, state), `${command.words ?? ""} ${command.group}`, typed),
  }));
  return scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score)[0]?.id;
}

describe("what the palette offers first", () => {
  it.each([
    ["halves", "partition.halves"],
    ["heal everything", "partition.heal-all"],
    ["theme dark", "theme.dark"],
    ["isolate node-2", "partition.isolate.node-2"],
    ["select node-1", "select.node-1"],
    ["add", "node.add"],
    ["sigkill", "node.kill"],
    ["new cl", "cluster.new"],
    ["three things", "cards"],
  ])("%s: %s", (typed, id) => expect(firstFor(typed)).toBe(id));

  it("is nothing when a word occurs nowhere", () => {
    expect(firstFor("hlvs")).toBeUndefined();
    expect(firstFor("theme purple")).toBeUndefined();
  });
});
