/** Every kind to every other, and a kill at every step of the way. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { killedAtEveryStep } from "./killed.ts";
import { type Kinds, KindWriter } from "./kind-writer.ts";
import { storeOptions } from "./store-options.ts";

let dir: string;
let writer: KindWriter;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-kinds-"));
  writer = new KindWriter();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const all: readonly Kinds[] = (["sqlite", "file", "memory"] as const).flatMap((log) =>
  (["sqlite", "file", "memory"] as const).map((snapshots) => ({ log, snapshots })),
);
const changes = all.flatMap((from) =>
  all.filter((to) => to !== from).map((to): [Kinds, Kinds] => [from, to]),
);

it.each(changes)("from %j to %j and back", async (from, to) => {
  await writer.backAndForth(dir, from, to);
});

describe("killed on the way", () => {
  it.each(changes.filter(([from, to]) => from.log !== "memory" && to.log !== "memory"))(
    "from %j to %j, nothing is lost",
    async (from, to) => {
      const original = join(dir, "original");
      const store = new NodeStore(storeOptions(original, from));
      writer.writeTo(store, 7);
      await store.snapshot();
      writer.writeTo(store, 3);
      const digest = store.tables.digest();
      store.close();
      await killedAtEveryStep({ original, ...to }, (found, at) => {
        expect(found.tables.digest(), `killed at step ${at}`).toBe(digest);
        expect(found.restore().clock).toEqual(writer.clock);
      });
    },
  );
});
