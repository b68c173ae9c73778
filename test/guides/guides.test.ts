/** The guides name files, flags and commands that there are, and show code as it is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectCommand } from "../../main/cli/inspect.ts";
import { restoreCommand } from "../../main/cli/restore.ts";
import { snapshotCommand } from "../../main/cli/snapshot.ts";
import { validateCommand } from "../../main/cli/validate.ts";
import { nodeCommand } from "../../main/worker/command.ts";
import { codeBlocks, commandLines, guideText, namedFiles, quotations, textOfFile } from "./guide.ts";

const commands = [inspectCommand(), nodeCommand(), restoreCommand(), snapshotCommand(), validateCommand()];
const root = join(import.meta.dirname, "..", "..");

describe.each(["migration.md", "stores.md", "recovery.md"])("%s", (name) => {
  const guide = guideText(name);

  it("names files that there are", () => {
    const named = namedFiles(guide);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("runs commands that there are, with flags that they take", () => {
    for (const line of commandLines(guide)) {
      const [, name, ...words] = line.split(/\s+/);
      const command = commands.find((each) => each.name() === name);
      expect(command, line).toBeDefined();
      const flags = words.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0]!);
      const known = command!.options.map(({ long }) => long);
      expect(
        flags.filter((flag) => !known.includes(flag)),
        line,
      ).toEqual([]);
    }
  });

  it("shows files as they are", () => {
    for (const { file, text } of codeBlocks(guide)) {
      if (file !== null) expect(text, file).toBe(textOfFile(file));
    }
  });
});

describe("recovery.md", () => {
  it("quotes what a start says, word for word", () => {
    const said = textOfFile("test/main/storage/recovery/modes.txt")
      .split("\n")
      .map((line) => line.replace(/^RecoveryError: /, ""));
    const quoted = quotations(guideText("recovery.md"));
    expect(quoted.length).toBeGreaterThan(4);
    expect(quoted.filter((sentence) => !said.includes(sentence))).toEqual([]);
  });
});
