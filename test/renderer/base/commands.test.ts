import { afterEach, describe, expect, it, vi } from "vitest";
import {
  findCommand,
  isPresent,
  registerCommands,
  runCommand,
  titleOf,
  type WindowCommand,
} from "../../../renderer/base/commands.ts";
import { labStore } from "../../../renderer/base/store.ts";
import { clusterCommands } from "../../../renderer/session/commands/cluster-commands.ts";
import { faultCommands, faultsOfNode } from "../../../renderer/session/commands/fault-commands.ts";
import { sessionCommands } from "../../../renderer/session/commands/session-commands.ts";
import { viewCommands } from "../../../renderer/session/commands/view-commands.ts";
import { sessionOf, stateOf } from "../fake-lab.ts";

const all = [...clusterCommands, ...faultCommands, ...sessionCommands, ...viewCommands];
const first = labStore.getInitialState();

afterEach(() => labStore.setState(first, true));

const recorded = { mode: { kind: "recorded", session: sessionOf("old", { recording: false }) } } as const;

describe("the registry of commands", () => {
  it("runs by id, and only what is enabled", () => {
    const run = vi.fn();
    const command: WindowCommand = {
      id: "x",
      title: "X",
      group: "View",
      enabled: (s) => s.search !== "",
      run,
    };
    const remove = registerCommands([command]);
    expect(runCommand("x")).toBe(false);
    labStore.setState({ search: "a" });
    expect(runCommand("x")).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
    remove();
    expect(findCommand("x")).toBeUndefined();
    expect(runCommand("x")).toBe(false);
  });

  it("holds each id once", () => {
    const ids = all.map((command) => command.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    "K",
    "P",
    "R",
    "X",
    "H",
    "M",
    "G",
    "1",
    "2",
    "3",
    "/",
    "?",
    "Space",
    "Ctrl+Z",
    "Ctrl+Shift+P",
    "F11",
  ])("answers the key %s", (keys) => {
    expect(all.some((command) => command.keys?.includes(keys))).toBe(true);
  });

  it("gives a key to one command at a time", () => {
    for (const mode of [{ kind: "live" } as const, recorded.mode]) {
      labStore.setState({ mode, lab: stateOf(3, sessionOf("live")) });
      const state = labStore.getState();
      const keys = all
        .filter((command) => isPresent(command, state))
        .flatMap((command) => command.keys ?? []);
      const shared = keys.filter((each, index) => keys.indexOf(each) !== index);
      expect(shared).toEqual([]);
    }
  });

  it("in a recording nothing is present that would change the past", () => {
    labStore.setState({ ...recorded, lab: stateOf(3, sessionOf("live")) });
    const state = labStore.getState();
    const present = [...all, ...faultsOfNode("node-1")].filter((command) => isPresent(command, state));
    for (const command of present) {
      expect(command.group, command.id).not.toBe("Faults");
      expect(command.group, command.id).not.toBe("Cluster");
    }
    expect(present.map((command) => command.id)).toContain("session.back-to-live");
    expect(present.map((command) => command.id)).not.toContain("note");
  });

  it("titles say what will happen", () => {
    const lab = stateOf(3, sessionOf("live"));
    const paused = { ...lab, nodes: lab.nodes.map((node) => ({ ...node, status: "paused" as const })) };
    labStore.setState({
      lab: { ...paused, undo: "the cut into halves" },
      selection: { kind: "node", node: "node-2" },
    });
    const state = labStore.getState();
    const title = (id: string) =>
      titleOf(
        all.find((command) => command.id === id)!,
        state,
      );
    expect(title("node.pause")).toBe("Resume node-2");
    expect(title("node.kill")).toBe("Kill node-2");
    expect(title("undo")).toBe("Undo: the cut into halves");
    expect(title("load.toggle")).toBe("Hold the load");
  });
});
