/** L10: who watches a table is told of each committed change once, in order, from the position it names. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, TestCluster, type TestNode } from "./cluster.ts";
import { Subscriber } from "./subscriber.ts";

let cluster: TestCluster;
let open: Subscriber[];
beforeEach(() => {
  cluster = new TestCluster();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((subscriber) => subscriber.end()));
  await cluster.end();
});

const settings = (kind: "sqlite" | "file" | "memory") => ({
  flags: ["--n=1", "--r=1", "--w=1", `--log=${kind}`, `--snapshots=${kind}`],
});

async function subscriber(node: TestNode, query: string): Promise<Subscriber> {
  const made = new Subscriber(node.address, query);
  open.push(made);
  return made.open();
}

const increment = (node: TestNode, name: string) =>
  node.request("POST", "/api/v1/call/counter/increment", { name });

const seen = ({ commits }: Subscriber) =>
  commits.flatMap(({ changes }) => changes.map(({ key, row }) => `${key}=${JSON.stringify(row)}`));

describe.each(["sqlite", "file", "memory"] as const)("over a log of kind %s", (kind) => {
  it("changes come once, in order, only those that are watched", async () => {
    const node = await cluster.start("node-1", settings(kind));
    await increment(node, "before");
    const watcher = await subscriber(node, "?module=counter&from=a&to=c");
    await watcher.until("subscribed");
    for (let index = 0; index < 5; index += 1) {
      await increment(node, "b");
      await increment(node, "z");
      await node.put("k", "v");
    }
    await eventually("five changes", () => watcher.commits.length === 5);
    expect(seen(watcher)).toEqual(["b=1", "b=2", "b=3", "b=4", "b=5"]);
    const positions = watcher.commits.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  it("who comes with a position gets what came after it", async () => {
    const node = await cluster.start("node-1", settings(kind));
    for (let index = 0; index < 10; index += 1) await increment(node, "n");
    const first = await subscriber(node, "?module=counter&after=0");
    await eventually("all ten", () => first.commits.length === 10);
    const fifth = first.commits[4]!.position;
    const second = await subscriber(node, `?module=counter&after=${fifth}`);
    await eventually("the other five", () => second.commits.length === 5);
    expect(seen(second)).toEqual(["n=6", "n=7", "n=8", "n=9", "n=10"]);
  });
});

it.each(["sqlite", "file"] as const)(
  "P36: a restart with a log of kind %s tells nobody anything twice, and nothing is missed",
  async (kind) => {
    let node = await cluster.start("node-1", settings(kind));
    for (let index = 0; index < 3; index += 1) await increment(node, "n");
    const before = await subscriber(node, "?module=counter&after=0");
    await eventually("three changes", () => before.commits.length === 3);
    await increment(node, "n");
    await node.signal("SIGKILL");
    await before.closed;
    const last = before.position;
    node = await cluster.restart(node, settings(kind));
    const fresh = await subscriber(node, "?module=counter&after=now");
    const back = await subscriber(node, `?module=counter&after=${last}`);
    await fresh.until("subscribed");
    await increment(node, "n");
    await eventually("the newest change", () => seen(back).includes("n=5") && seen(fresh).includes("n=5"));
    expect(seen(fresh)).toEqual(["n=5"]);
    expect([...seen(before), ...seen(back)]).toEqual(["n=1", "n=2", "n=3", "n=4", "n=5"]);
  },
);

it.each([
  ["sqlite", "commit", true],
  ["file", "commit", true],
  ["sqlite", "off", false],
  ["memory", "commit", false],
] as const)(
  "after a restart, a log of kind %s under --sync=%s is the same: %s",
  async (kind, sync, isSame) => {
    const flags = [...settings(kind).flags, `--sync=${sync}`];
    let node = await cluster.start("node-1", { flags });
    await increment(node, "n");
    const before = await subscriber(node, "?module=counter&after=0");
    const { log } = await before.until("subscribed");
    await eventually("the change", () => before.commits.length === 1);
    await node.signal("SIGKILL");
    await before.closed;
    node = await cluster.restart(node, { flags });
    const now = await subscriber(node, "?module=counter&after=now");
    expect((await now.until("subscribed")).log === log).toBe(isSame);
    // More than there was: the position itself tells nothing.
    for (let index = 0; index < 5; index += 1) await increment(node, "n");
    const back = await subscriber(node, `?module=counter&after=${before.position}&log=${log}`);
    if (isSame) await eventually("the five it missed", () => back.commits.length === 5);
    else expect(await back.until("error")).toMatchObject({ code: "another_log" });
  },
);

describe("on one connection", () => {
  it("several subscriptions live side by side, each under its name, until it is ended", async () => {
    const node = await cluster.start("node-1", settings("sqlite"));
    const watcher = await subscriber(node, "");
    watcher.say({ kind: "subscribe", id: "counters", module: "counter", after: "now" });
    watcher.say({
      kind: "subscribe",
      id: "keys",
      module: "kv",
      table: "keys",
      keys: { prefix: "k" },
      after: "now",
    });
    await eventually("both", () => watcher.messages.filter(({ kind }) => kind === "subscribed").length === 2);
    await increment(node, "n");
    await node.put("key", "x");
    await node.put("other", "x");
    await eventually("both to hear", () => watcher.commits.length >= 2);
    watcher.say({ kind: "unsubscribe", id: "counters" });
    await watcher.until("unsubscribed");
    await increment(node, "n");
    await node.put("key", "y");
    await eventually("one more", () => watcher.commits.length >= 3);
    expect(watcher.commits.map(({ id }) => id)).toEqual(["counters", "keys", "keys"]);
  });

  it.each([
    [{ kind: "subscribe", id: "a", module: "shop", after: 0 }, "no_such_module"],
    [{ kind: "subscribe", id: "a", module: "bank", table: "vaults", after: 0 }, "no_such_table"],
    [{ kind: "subscribe", id: "a", module: "bank", after: 1_000_000 }, "ahead"],
    [{ kind: "unsubscribe", id: "a" }, "no_such_subscription"],
    [{ kind: "listen" }, "bad_message"],
  ])("%j is refused as %s, and the line stays open", async (message, code) => {
    const node = await cluster.start("node-1", settings("sqlite"));
    const watcher = await subscriber(node, "");
    watcher.line.send(JSON.stringify(message));
    expect(await watcher.until("error")).toMatchObject({ code });
    watcher.say({ kind: "subscribe", id: "b", module: "bank", after: "now" });
    await watcher.until("subscribed");
  });

  it("a query that makes no sense is refused before there is one", async () => {
    const node = await cluster.start("node-1", settings("sqlite"));
    const watcher = new Subscriber(node.address, "?module=bank&after=soon");
    open.push(watcher);
    await watcher.closed;
    expect(watcher.messages).toEqual([]);
  });
});

it("a reader that stands still costs nothing, and has everything in the end", async () => {
  const node = await cluster.start("node-1", settings("sqlite"));
  const watcher = await subscriber(node, "?module=kv&table=keys&after=now");
  await watcher.until("subscribed");
  watcher.line.pause();
  const value = "x".repeat(20_000);
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => node.put(`k${round}-${index}`, value)));
  }
  expect(watcher.commits.length).toBeLessThan(200);
  watcher.line.resume();
  await eventually("all of it", () => watcher.commits.length === 200);
  const positions = watcher.commits.map(({ position }) => position);
  expect(new Set(positions).size).toBe(200);
});
