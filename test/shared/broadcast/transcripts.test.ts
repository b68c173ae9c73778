import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "vitest";
import { checkTranscript } from "./transcript.ts";

const folder = join(import.meta.dirname, "transcripts");

describe("transcripts", () => {
  it.each(globSync("*.txt", { cwd: folder }).sort())("%s", (file) => {
    checkTranscript(join(folder, basename(file)));
  });
});
