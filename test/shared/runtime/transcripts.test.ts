import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "vitest";
import { checkTranscript } from "./transcript.ts";

describe("transcripts", () => {
  it.each(globSync(join(import.meta.dirname, "transcripts", "*.txt")).map((path) => [basename(path), path]))(
    "%s",
    (_, path) => checkTranscript(path),
  );
});
