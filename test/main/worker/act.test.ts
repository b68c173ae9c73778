/** The broadcast application on real nodes: over HTTP, over TCP, over a SIGKILL. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Stamp } from "../../../shared/broadcast/types.ts";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

const act = (node: TestNode, body: unknown) => node.request("POST", "/api/v1/act", body);
const mint = async (node: TestNode) => (await act(node, { kind: "mint" })).body["id"] as string;
const stampOf = (body: Readonly<Record<string, unknown>>) => body["stamp"] as Stamp;
const single = ["--n=1", "--r=1", "--w=1"];

const arrived = (node: TestNode, text: string) =>
  eventually(`${text} at ${node.id}`, () =>
    node.events.find(({ type, detail }) => type === "receive" && detail?.["text"] === text),
  );
const delivered = ({ events }: TestNode) =>
  events.filter(({ name }) => name === "delivered").map(({ detail }) => detail!["text"] as string);

/** Numbers of a node that is killed and started again, three of each life. */
async function mintOverKill(flags: readonly string[]): Promise<string[]> {
  let node = await cluster.start("node-1", { flags: [...single, ...flags] });
  const ids: string[] = [];
  for (let life = 0; life < 2; life++) {
    if (life > 0) node = await cluster.restart(node, { flags: [...single, ...flags] });
    for (let i = 0; i < 3; i++) ids.push(await mint(node));
    await node.signal("SIGKILL");
  }
  return ids;
}

describe("POST /api/v1/act", () => {
  it("gives the stamps of lesson 1, and shows them in the trace", async () => {
    const [a, b, c] = await cluster.startMany(3, { control: true, flags: [patient] });
    expect(stampOf((await act(a!, { kind: "local", text: "a" })).body)).toMatchObject({
      vector: { "node-1": 1 },
      lamport: 1,
    });
    await act(a!, { kind: "tell", to: "node-2", text: "b" });
    expect((await arrived(b!, "b")).detail!["vector"]).toEqual({ "node-1": 2, "node-2": 1 });
    await act(b!, { kind: "tell", to: "node-3", text: "d" });
    const { detail } = await arrived(c!, "d");
    expect(detail).toMatchObject({ vector: { "node-1": 2, "node-2": 2, "node-3": 1 }, lamport: 5 });
  });

  it("delivers a total order alike everywhere", async () => {
    const nodes = await cluster.startMany(3, { control: true, flags: [patient] });
    const texts = Array.from({ length: 12 }, (_, i) => `t${i}`);
    await Promise.all(
      texts.map((text, i) => act(nodes[i % 3]!, { kind: "broadcast", text, order: "total" })),
    );
    await eventually("all deliveries", () => nodes.every((node) => delivered(node).length === texts.length));
    for (const node of nodes) expect(delivered(node)).toEqual(delivered(nodes[0]!));
    expect(delivered(nodes[0]!).toSorted()).toEqual(texts.toSorted());
  });

  it("refuses what is no act", async () => {
    const node = await cluster.start("node-1", { flags: single });
    const refused: [unknown, RegExp][] = [
      ["hello", /^The body must be JSON like \{"kind": "broadcast", "text": "hello", "order": "causal"\}\.$/],
      [{ kind: "shout", text: "x" }, /^This is no act at "kind" /],
      [{ kind: "local" }, /^This is no act at "text" /],
      [{ kind: "tell", to: "../x", text: "x" }, /^This is no act at "to" \(it is no node id\)/],
      [{ kind: "broadcast", text: "x", order: "random" }, /^This is no act at "order" /],
      [{ kind: "mint", text: "x" }, /^This is no act /],
      [{ kind: "local", text: "x".repeat(4_097) }, /^A text has at most 4096 characters/],
      [{ kind: "tell", to: "node-1", text: "x" }, /^node-1 cannot tell itself something/],
    ];
    for (const [body, message] of refused) {
      const { status, body: answer } = await act(node, body);
      expect(status).toBe(400);
      expect(answer["error"]).toMatchObject({ code: "bad_input", definite: true });
      expect((answer["error"] as { message: string }).message).toMatch(message);
    }
    const { body } = await act(node, { kind: "mint" });
    expect(body["id"], "none of them was an event").toBe("node-1:1");
  });

  it("knows no member that it never heard of", async () => {
    const node = await cluster.start("node-1", { flags: single });
    const answer = await act(node, { kind: "tell", to: "node-9", text: "x" });
    expect(answer.status).toBe(404);
    expect(answer.body["error"]).toMatchObject({ code: "no_such_member", definite: true });
  });
});

describe("a number minted", () => {
  it.each(["sqlite", "file"])("is unique over SIGKILL and restart (clock store %s)", async (store) => {
    const ids = await mintOverKill([`--clock-store=${store}`]);
    expect(ids).toEqual([1, 2, 3, 4, 5, 6].map((counter) => `node-1:${counter}`));
  });

  it("comes twice when the clock was in memory only", async () => {
    const ids = await mintOverKill(["--clock-store=memory"]);
    expect(new Set(ids).size).toBe(3);
  });
});

describe("a wrong wall clock", () => {
  it("shows in stamps and in nothing else", async () => {
    const node = await cluster.start("node-1", { control: true, flags: single });
    const wall = async () => stampOf((await act(node, { kind: "local", text: "x" })).body).wall;
    expect(Math.abs((await wall()) - Date.now())).toBeLessThan(60_000);
    node.tell({ kind: "wall", offset: -3_600_000, driftPpm: 0 });
    const behind = await eventually("the clock to be set back", async () => {
      const shown = await wall();
      return shown < Date.now() - 1_800_000 && shown;
    });
    const event = await eventually("its event", () =>
      node.events.find(({ detail }) => detail?.["wall"] === behind),
    );
    expect(event.at - behind).toBeCloseTo(3_600_000, 0);
  });
});
