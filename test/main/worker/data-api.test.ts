/** How a client says what it wants of a write or read, what it carries from one to the next, and what it is told. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendData } from "../../../main/lab/data.ts";
import { restingLink } from "../../../shared/contract/state.ts";
import { type Answer, eventually, patient, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
let nodes: TestNode[];
let [one, two, three] = [] as unknown as [TestNode, TestNode, TestNode];
beforeAll(async () => {
  cluster = new TestCluster();
  nodes = await cluster.startMany(3, { control: true, flags: [patient] });
  [one, two, three] = nodes as [TestNode, TestNode, TestNode];
});
afterAll(() => cluster.end());

type Headers = Record<string, string>;
const pathOf = (key: string, query = "") => `/api/v1/data/${encodeURIComponent(key)}${query}`;
const put = (node: TestNode, key: string, value: string, query = "", headers: Headers = {}) =>
  node.request("PUT", pathOf(key, query), { value }, headers);
const get = (node: TestNode, key: string, query = "", headers: Headers = {}) =>
  node.request("GET", pathOf(key, query), undefined, headers);
const errorOf = ({ body }: Answer) => body["error"] as { code: string; message: string; definite: boolean };
const sessionOf = ({ headers }: Answer) => headers.get("x-lightcone-session")!;
const causal = "?consistency=causal";
const copies = ({ body }: Answer) =>
  (body["replication_result"] as { successful_nodes: string[] }).successful_nodes.length;
const target = ({ id, address }: TestNode) => ({ id, address });
const named = (token: string) => ({ "Idempotency-Key": token });
const stored = async (node: TestNode, key: string) =>
  node.request("GET", `/api/v1/keys/${encodeURIComponent(key)}`);
const carrying = (session: string) => ({ "X-Lightcone-Session": session });
const blind = (node: TestNode, key: string, value: string) => node.put(key, value, {}, "?w=all");
const contextOf = ({ headers }: Answer) => headers.get("x-lightcone-context")!;
const inHeader = (context: string) => ({ "X-Lightcone-Context": context });

describe("what the query asks for", () => {
  it.each([
    ["PUT", "?w=all"],
    ["PUT", "?w=quorum&r=one"],
    ["PUT", "?n=2&w=all"],
    ["PUT", "?ack=sync"],
    ["PUT", "?ack=async"],
    ["PUT", "?sloppy=true"],
    ["GET", "?r=all&consistency=eventual"],
    ["GET", "?r=one&sloppy=false"],
    ["GET", "?consistency=causal&wait=0"],
  ])("%s %s is served", async (method, query) => {
    await put(one, "asked", "x");
    const body = method === "PUT" ? { value: "x" } : undefined;
    const answer = await one.request(method, pathOf("asked", query), body);
    expect([answer.status, answer.body["error"]]).toEqual([200, undefined]);
  });

  it("w=all waits for every replica, ack=async for none but the coordinator", async () => {
    expect(copies(await put(one, "copies", "x", "?w=all"))).toBe(3);
    expect(copies(await put(one, "copies", "y", "?ack=async"))).toBe(1);
  });

  it.each([
    ["?w=most", 400, "bad_quorum", /w must be a whole number from 1 to 999, or one, quorum, all, not "most"/],
    ["?n=all", 400, "bad_quorum", /n must be a whole number from 1 to 999, not "all"/],
    ["?n=7", 400, "bad_quorum", /n = 7 replicas need 7 nodes, but this node knows 3/],
    ["?ack=later", 400, "bad_input", /ack must be sync or async, not "later"/],
    ["?ack=async&w=2", 400, "bad_input", /ack and w say the same/],
    ["?r=1&r=2", 400, "bad_input", /r is given twice/],
    ["?sloppy=yes", 400, "bad_input", /sloppy must be true or false/],
    ["?consistency=linear", 400, "bad_input", /consistency must be eventual or causal or strong/],
    ["?consistency=strong", 501, "needs_consensus", /consensus/],
    ["?wait=100", 400, "bad_input", /wait is for consistency=causal/],
    ["?consistency=causal&wait=1e3", 400, "bad_input", /wait must be whole milliseconds from 0 to 60000/],
    ["?quorum=2", 400, "bad_input", /no parameter "quorum"; a key takes n, r, w, ack, sloppy/],
  ])("%s is refused with a sentence, and certainly not done", async (query, status, code, sentence) => {
    const answer = await put(one, "refused", "x", query);
    expect([answer.status, errorOf(answer).code, errorOf(answer).definite]).toEqual([status, code, true]);
    expect(errorOf(answer).message).toMatch(sentence);
    expect((await get(one, "refused")).status).toBe(404);
  });
});

describe("Idempotency-Key", () => {
  it("a retry, through whichever node, is answered and not carried out again", async () => {
    const first = await put(one, "retried", "x", "?w=all", named("put-1"));
    expect(first.body["repeated"]).toBeUndefined();
    await put(two, "retried", "newer", "?w=all");
    for (const node of nodes) {
      const again = await put(node, "retried", "x", "", named("put-1"));
      expect(again.body).toMatchObject({ repeated: true, dot: first.body["dot"], values: ["newer"] });
    }
    expect((await get(one, "retried")).body["values"]).toEqual(["newer"]);
    expect((await put(one, "retried", "x", "", named("put-2"))).body["repeated"]).toBeUndefined();
  });

  it("so is a delete", async () => {
    await put(one, "deleted", "x", "?w=all");
    const remove = () => one.request("DELETE", pathOf("deleted", "?w=all"), undefined, named("delete-1"));
    await remove();
    await put(one, "deleted", "back", "?w=all");
    expect((await remove()).body).toMatchObject({ repeated: true, deleted: true });
    expect((await get(one, "deleted")).body["values"]).toEqual(["back"]);
  });

  it.each([["x".repeat(101)], ["two words"], ["é"]])("%j is none", async (token) => {
    const answer = await put(one, "unnamed", "x", "", named(token));
    expect(errorOf(answer).message).toMatch(/1 to 100 visible ASCII/);
    expect((await get(one, "unnamed")).status).toBe(404);
  });
});

describe("a context", () => {
  it("says what was read: sealed in the header, or plain in the body of a put or delete", async () => {
    for (const value of ["red", "green"]) await blind(one, "context", value);
    const read = await get(two, "context");
    expect(read.body["values"]).toEqual(["red", "green"]);
    expect(read.body["siblings"]).toEqual([
      { value: "red", dot: expect.stringMatching(/^node-\d:\d+$/), at: expect.any(Number) },
      { value: "green", dot: expect.stringMatching(/^node-\d:\d+$/), at: expect.any(Number) },
    ]);
    await blind(three, "context", "blue");
    await put(one, "context", "both", "?w=all", inHeader(contextOf(read)));
    expect((await get(two, "context")).body["values"]).toEqual(expect.arrayContaining(["blue", "both"]));
    const { context } = (await get(two, "context")).body;
    const gone = await three.request("DELETE", pathOf("context", "?w=all"), { context });
    expect(gone.body).toMatchObject({ deleted: true, siblings: [] });
  });

  it("of another cluster, or one that shares its name only, is refused", async () => {
    const other = await cluster.start("elsewhere", { flags: ["--cluster=other", "--n=1", "--r=1", "--w=1"] });
    const twin = await cluster.start("twin", {
      flags: ["--n=1", "--r=1", "--w=1"],
      env: { LIGHTCONE_SECRET: "another secret" },
    });
    const answers = await Promise.all(
      [other, twin].map(async (node) =>
        put(one, "foreign", "x", "", inHeader(contextOf(await put(node, "k", "v")))),
      ),
    );
    expect(answers.map((answer) => [answer.status, errorOf(answer).code])).toEqual([
      [400, "bad_context"],
      [400, "bad_context"],
    ]);
    expect(errorOf(answers[0]!).message).toMatch(/cluster "other", and this is "lightcone"; read the key/);
    expect(errorOf(answers[1]!).message).toMatch(/not as this cluster issued it/);
    expect((await get(one, "foreign")).status).toBe(404);
  });

  it("cut off, changed, of the form without a seal, or far ahead of all that happened is refused", async () => {
    const whole = contextOf(await put(one, "whole", "x"));
    const plain = Buffer.from('{"node-1":1}').toString("base64url");
    const changed = `${whole.slice(0, -1)}${whole.endsWith("A") ? "B" : "A"}`;
    for (const context of [
      whole.slice(0, -5),
      whole.slice(0, 20),
      whole.split(".")[0]!,
      changed,
      plain,
      "%",
    ]) {
      const answer = await put(one, "forged", "x", "", inHeader(context));
      expect([answer.status, errorOf(answer).definite]).toEqual([400, true]);
      expect(errorOf(answer).message).toMatch(/context/);
    }
    const ahead = await one.put("forged", "x", { "node-1": 2 ** 50 });
    expect([ahead.status, errorOf(ahead).code]).toEqual([400, "bad_context"]);
    expect((await get(one, "forged")).status).toBe(404);
  });
});

describe("a causal session", () => {
  it("goes with its client from node to node", async () => {
    const first = await put(one, "session", "mine", `${causal}&w=one`);
    expect(first.body["session"]).toBe(sessionOf(first));
    const read = await get(three, "session", "?r=one", carrying(sessionOf(first)));
    expect(read.body["values"]).toEqual(["mine"]);
    const reply = await two.request("PUT", pathOf("reply", "?w=one"), {
      value: "to it",
      session: sessionOf(read),
    });
    const seen = await get(three, "reply", `${causal}&r=one&wait=30000`, carrying(sessionOf(reply)));
    expect(seen.body["values"]).toEqual(["to it"]);
    expect((await get(three, "session", "?r=one", carrying(sessionOf(seen)))).body["values"]).toEqual([
      "mine",
    ]);
  });

  it("goes the same way for the lab's own clients", async () => {
    const put = { op: "put", key: "lab", value: "x", w: 3, token: "lab-1", consistency: "causal" } as const;
    const first = await sendData(target(one), put);
    const { session } = first;
    expect(await sendData(target(two), { ...put, session })).toMatchObject({ repeated: true });
    expect(await sendData(target(three), { op: "get", key: "lab", r: 1, session })).toMatchObject({
      values: [{ value: "x" }],
      session: expect.any(String),
    });
    const { context } = first;
    expect(await sendData(target(two), { op: "delete", key: "lab", context, session })).toMatchObject({
      values: [],
    });
    await expect(
      sendData(target(one), { op: "get", key: "lab", session: `A${session}` }),
    ).rejects.toMatchObject({
      name: "LabError",
      code: "bad_input",
      definite: true,
    });
  });

  it("a node that cannot serve it yet waits as long as asked, then says so, and serves it later", async () => {
    const cut = { ...restingLink, blocked: true };
    for (const node of [one, two]) node.tell({ kind: "links", links: { "node-3": cut } });
    await Promise.all([one.fence(), two.fence()]);
    const written = await put(one, "early", "there", `${causal}&w=2`);
    const mine = carrying(sessionOf(written));
    expect((await get(three, "early", "?r=one")).status, "an eventual read is served at once").toBe(404);
    const early = await get(three, "early", "?r=one&wait=200", mine);
    expect([early.status, errorOf(early).code, errorOf(early).definite]).toEqual([503, "not_yet", true]);
    for (const node of [one, two]) node.tell({ kind: "links", links: {} });
    const later = await get(three, "early", "?r=one&wait=30000", mine);
    expect(later.body["values"]).toEqual(["there"]);
  });

  it("of another cluster, cut off, changed, or beside another consistency is refused", async () => {
    const whole = sessionOf(await put(one, "owned", "x", causal));
    const sealed = (await put(one, "owned", "y")).headers.get("x-lightcone-context")!;
    for (const session of [whole.slice(0, -4), `A${whole}`, whole.split(".")[0]!, sealed]) {
      const answer = await get(one, "owned", "", carrying(session));
      expect([answer.status, errorOf(answer).definite]).toEqual([400, true]);
      expect(errorOf(answer).message).toMatch(/session/);
    }
    const beside = await get(one, "owned", "?consistency=eventual", carrying(whole));
    expect(errorOf(beside).message).toMatch(/a session is for consistency=causal/);
  });

  it("that would outgrow a header is refused before anything is written", async () => {
    let session = "";
    let refused: Answer | undefined;
    for (let number = 0; number < 65 && refused === undefined; number++) {
      const answer = await put(one, `many-${number}`, "x", causal, session === "" ? {} : carrying(session));
      if (answer.status === 200) session = sessionOf(answer);
      else refused = answer;
    }
    expect([errorOf(refused!).code, errorOf(refused!).definite]).toEqual(["session_too_large", true]);
    expect((await get(one, "many-64")).status).toBe(404);
    expect((await get(one, "many-63")).status).toBe(200);
  });
});

describe("one key on one node", () => {
  it("is shown whole: dots, stamps, tombstones, requests carried out, what a version came after", async () => {
    const key = "whole/key 🔑";
    const before = await put(one, "before", "x", `${causal}&w=all`);
    const first = await put(one, key, "x", `${causal}&w=all`, {
      "Idempotency-Key": "t-1",
      "X-Lightcone-Session": sessionOf(before),
    });
    await eventually("a copy on node-3", async () => (await stored(three, key)).status === 200);
    expect((await stored(three, key)).body).toMatchObject({
      node_id: "node-3",
      key,
      responsible_nodes: expect.arrayContaining(["node-1", "node-2", "node-3"]),
      context: first.body["context"],
      versions: [
        {
          dot: first.body["dot"],
          value: "x",
          deleted: false,
          at: expect.any(Number),
          after: { before: before.body["context"] },
        },
      ],
      marks: [{ token: "t-1", dot: first.body["dot"] }],
      hints: [],
    });
    await one.request("DELETE", pathOf(key, "?w=all"));
    expect((await stored(two, key)).body["versions"]).toMatchObject([{ value: null, deleted: true }]);
  });

  it("of which a node has nothing is not found", async () => {
    const answer = await stored(one, "nobody's");
    expect([answer.status, errorOf(answer).message]).toEqual([
      404,
      expect.stringMatching(/not even a tombstone/),
    ]);
  });
});
