import { describe, expect, it } from "vitest";
import { createFeed } from "../../../renderer/base/feed.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { eventOf } from "../fake-lab.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => eventOf(from + index));

/** Lets everything that is ready run. */
async function turn(): Promise<void> {
  for (let round = 0; round < 10; round++) await Promise.resolve();
}

/** A feed whose pages wait until the test lets them through. */
function setUp(pageSize = 3) {
  const stored = new Map<string, RecordedEvent[]>();
  const gates: (() => void)[] = [];
  const delivered: number[] = [];
  const log: string[] = [];
  const feed = createFeed(
    async (session, after) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      const all = stored.get(session) ?? [];
      return {
        events: all.filter((event) => event.id > after).slice(0, pageSize),
        last: all.at(-1)?.id ?? 0,
      };
    },
    {
      begin() {
        delivered.length = 0;
        log.push("begin");
      },
      append: (events) => delivered.push(...events.map((event) => event.id)),
      progress: (progress) => log.push(progress === null ? "done" : `${progress.loaded}/${progress.last}`),
      failed: (error) => log.push(`failed: ${String(error)}`),
    },
  );
  return {
    feed,
    stored,
    delivered,
    log,
    nextPage: async () => {
      await turn();
      gates.shift()?.();
      await turn();
    },
  };
}

describe("the feed of events", () => {
  it("pages from the beginning until it has caught up", async () => {
    const { feed, stored, delivered, log, nextPage } = setUp();
    stored.set("a", range(1, 7));
    void feed.open("a", false);
    for (let page = 0; page < 3; page++) await nextPage();
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(log).toEqual(["begin", "3/7", "6/7", "done"]);
    expect(feed.isBehind).toBe(false);
  });

  it("keeps what is pushed while pages are read, and doubles nothing", async () => {
    const { feed, stored, delivered, nextPage } = setUp(10);
    stored.set("live", range(1, 4));
    void feed.open("live", true);
    feed.pushed("live", range(3, 6));
    expect(delivered).toEqual([]);
    await nextPage();
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6]);
    feed.pushed("live", range(6, 8));
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("continues behind the last id after a lost connection, without a gap", async () => {
    const { feed, stored, delivered, nextPage } = setUp(10);
    stored.set("live", range(1, 2));
    void feed.open("live", true);
    await nextPage();
    feed.disconnected();
    stored.set("live", range(1, 6));
    feed.pushed("live", range(7, 7));
    expect(delivered).toEqual([1, 2]);
    void feed.reconnected();
    await nextPage();
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("drops the pages of a session that was left for another", async () => {
    const { feed, stored, delivered, nextPage } = setUp(10);
    stored.set("old", range(1, 3));
    stored.set("new", range(1, 1));
    void feed.open("old", true);
    await Promise.resolve();
    void feed.open("new", true);
    await nextPage();
    await nextPage();
    expect(delivered).toEqual([1]);
    expect(feed.session).toBe("new");
  });

  it("takes no pushes into a recording, nor those of another session", async () => {
    const { feed, stored, delivered, nextPage } = setUp(10);
    stored.set("kept", range(1, 2));
    void feed.open("kept", false);
    await nextPage();
    feed.pushed("kept", range(3, 4));
    feed.pushed("live", range(3, 4));
    expect(delivered).toEqual([1, 2]);
  });
});
