import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startSessionLoop } from "../../../renderer/base/session-loop.ts";
import { labStore } from "../../../renderer/base/store.ts";
import { nextMatch, selectMatch } from "../../../renderer/session/search.ts";
import type { CommandResults } from "../../../shared/contract/contract.ts";
import { asKey } from "../../../shared/ids.ts";
import { createFakeLab, eventOf, sessionOf } from "../fake-lab.ts";

const all = [1, 2, 3, 4, 5].map((id) => eventOf(id, id % 2 === 0 ? { key: asKey("cart") } : {}));
const next = (from: number | null, direction: 1 | -1, text = "cart") =>
  nextMatch(all, text, from, direction)?.id ?? null;

it("goes from found event to found event, both ways, round the end", () => {
  expect(next(null, 1)).toBe(2);
  expect(next(2, 1)).toBe(4);
  expect(next(4, 1)).toBe(2);
  expect(next(4, -1)).toBe(2);
  expect(next(2, -1)).toBe(4);
  expect(next(null, -1)).toBe(4);
  expect(next(3, 1)).toBe(4);
});

it("finds nothing for an empty search or words that do not occur", () => {
  expect(next(null, 1, "  ")).toBeNull();
  expect(next(null, 1, "nowhere")).toBeNull();
  expect(nextMatch([], "cart", null, 1)).toBeNull();
});

const soon = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 1 });
const shown = () => labStore.getState().history.size;
const selected = () => {
  const { selection } = labStore.getState();
  return selection?.kind === "event" ? selection.id : null;
};

describe("Enter while a recording is still being read", () => {
  type Page = CommandResults["events.page"];
  const first = labStore.getInitialState();
  const { setSearch, select, openRecorded, backToLive } = first;
  const fake = createFakeLab();
  let loop: ReturnType<typeof startSessionLoop>;
  let asked: ((page: Page) => void)[] = [];
  /** Answers page by page, with one event on each, until the window has that event. */
  async function readUpTo(last: number): Promise<void> {
    for (let id = shown() + 1; id <= last; id++) {
      await soon(() => expect(asked).not.toEqual([]));
      asked.pop()!({ events: [all[id - 1]!], last: all.length });
      await soon(() => expect(shown()).toBe(id));
    }
  }

  beforeEach(async () => {
    vi.stubGlobal("document", { visibilityState: "visible" });
    vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 0));
    labStore.setState(first, true);
    loop = startSessionLoop(fake.connection, {
      exportSession: async () => null,
      importSession: async () => null,
    });
    await loop.settled();
    fake.answers["events.page"] = () => new Promise<Page>((resolve) => asked.push(resolve));
    openRecorded(sessionOf("old", { recording: false }));
  });
  afterEach(() => {
    asked = [];
    delete fake.answers["events.page"];
    loop.end();
    vi.unstubAllGlobals();
  });

  it.each([
    ["the first match", 1, 2],
    ["the last one, backwards", -1, 4],
  ] as const)("goes to %s once it is there", async (_, direction, id) => {
    setSearch("cart");
    selectMatch(direction);
    expect(selected()).toBeNull();
    await readUpTo(5);
    await soon(() => expect(selected()).toBe(id));
  });

  it("goes on at once to a match that is there, and round the end only when the end is known", async () => {
    await readUpTo(2);
    setSearch("cart");
    selectMatch(1);
    expect(selected()).toBe(2);
    selectMatch(1);
    expect(selected()).toBe(2);
    await readUpTo(5);
    await soon(() => expect(selected()).toBe(4));
    selectMatch(1);
    expect(selected()).toBe(2);
  });

  it.each([
    ["the words change", () => setSearch("car")],
    ["the search is cleared", () => setSearch("")],
    ["something else is selected", () => select({ kind: "node", node: all[0]!.node })],
    ["another session is shown", () => backToLive()],
  ])("is forgotten when %s", async (_, change) => {
    await readUpTo(1);
    setSearch("cart");
    selectMatch(1);
    change();
    const wanted = labStore.getState().selection;
    await readUpTo(5);
    await loop.settled();
    expect(labStore.getState().selection).toEqual(wanted);
  });
});
