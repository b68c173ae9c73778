/** The HTTP API as a client meets it, above all with what is wrong. One node serves all tests. */
import { skipped } from "../../skipped.ts";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { eventually, freePort, TestCluster, type TestNode } from "./cluster.ts";
import { sendRaw } from "./raw.ts";

let cluster: TestCluster;
let node: TestNode;
beforeAll(async () => {
  cluster = new TestCluster();
  node = await cluster.start("node-1", { flags: ["--n=1", "--r=1", "--w=1"] });
});
afterAll(() => cluster.end());

const errorOf = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
  body["error"] as { code: string; message: string; definite: boolean };

const raw = (text: string) => sendRaw(node, text);

describe("what is wrong with a request gets one clear sentence", () => {
  it.each([
    ["no JSON", "{value", 400, /JSON object like/],
    ["a list", "[1]", 400, /JSON object like/],
    ["nothing", "", 400, /JSON object like/],
    ["a number for a value", '{"value": 7}', 400, /must be a string/],
    ["half a character", '{"value": "\\ud800"}', 400, /well-formed/],
    [
      "a misspelt name",
      '{"value": "x", "contxt": {}}',
      400,
      /"contxt"; it takes "value", "context" and "session"/,
    ],
    ["a context that is none", '{"value": "x", "context": {"node-1": -1}}', 400, /positive whole numbers/],
    [
      "too large a value",
      JSON.stringify({ value: "x".repeat(1024 * 1024 + 1) }),
      413,
      /at most 1048576 bytes/,
    ],
  ])("PUT with %s", async (_, body, status, sentence) => {
    const answer = await node.request("PUT", "/api/v1/data/k", body);
    expect(answer.status).toBe(status);
    expect(errorOf(answer).message).toMatch(sentence);
    expect(errorOf(answer).definite).toBe(true);
    expect((await node.get("k")).status, "nothing was stored").toBe(404);
  });

  it.each([
    ["GET", "/api/v1/data/", 400, /1 to 1024 bytes/],
    ["GET", `/api/v1/data/${"k".repeat(1025)}`, 400, /this one has 1025/],
    ["GET", "/api/v1/data/%zz", 400, /percent-encoded/],
    ["GET", "/api/v1/data/k?r=none", 400, /r must be a whole number/],
    ["GET", "/api/v1/data/k?quorum=1", 400, /no parameter "quorum"/],
    ["GET", "/api/v1/data/k?n=5", 400, /n = 5/],
    ["PATCH", "/api/v1/data/k", 405, /PUT, GET and DELETE/],
    ["GET", "/nowhere", 404, /nothing at \/nowhere/],
    ["GET", "/constructor", 404, /nothing at/],
    ["DELETE", "/gossip/members", 405, /takes GET/],
    ["GET", "/api/v1/merkle-tree?range=a,b", 404, /no key of the range/],
    ["POST", "/api/v1/anti-entropy", 503, /no other node alive/],
    ["POST", "/api/v1/anti-entropy?peer=node-9", 404, /no other member/],
    ["POST", "/gossip/join", 400, /like \{"node_id"/],
    ["GET", "/api/v1/vector-clock?limit=0", 400, /limit must be/],
    ["GET", "/api/v1/keys?limit=all", 400, /from 1 to 10000/],
  ])("%s %s", async (method, path, status, sentence) => {
    const answer = await node.request(method, path);
    expect(answer.status).toBe(status);
    expect(errorOf(answer).message).toMatch(sentence);
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/GET/);
  });

  it.each([
    ["what is not HTTP", "hello\r\n\r\n", /^HTTP\/1\.1 400 .*"code":"bad_input"/s],
    ["a path that never ends", `GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 413 .*16 KiB/s],
  ])("%s", async (_, text, answer) => {
    expect(await raw(text)).toMatch(answer);
  });

  it("a context header that is none", async () => {
    const answer = await node.request("DELETE", "/api/v1/data/k", undefined, {
      "X-Lightcone-Context": "%%%",
    });
    expect(answer.status).toBe(400);
  });
});

describe("a page from elsewhere cannot drive the node", () => {
  it("its Origin gives it away", async () => {
    const answer = await node.request(
      "PUT",
      "/api/v1/data/k",
      { value: "x" },
      { Origin: "http://evil.example" },
    );
    expect(answer.status).toBe(403);
    expect((await node.get("k")).status).toBe(404);
  });

  it("a name that was pointed here gives it away", async () => {
    expect(await raw("GET /api/v1/status HTTP/1.0\r\nHost: evil.example:8081\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(await raw("GET /api/v1/status HTTP/1.0\r\nHost: localhost:8081\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  it("it cannot listen to the live events either", async () => {
    const socket = new WebSocket(`ws://${node.address}/ws`, { origin: "http://evil.example" });
    const error = await new Promise<Error>((done) => socket.once("error", done));
    expect(error.message).toContain("403");
  });
});

const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((address) => address !== undefined && !address.internal && address.family === "IPv4")?.address;

describe.skipIf(skipped(elsewhere === undefined, "this machine has no address but loopback"))(
  "from another address than this machine's own",
  () => {
    it.each([
      ["is refused", [], 403],
      ["is served when that was asked for", ["--http-public"], 200],
    ])("HTTP %s", async (_, flags, status) => {
      const port = await freePort();
      const open = cluster.spawn(`open-${status}`, port, {
        flags: ["--host=0.0.0.0", `--advertise=127.0.0.1:${port}`, ...flags],
        env: { LIGHTCONE_SECRET: "a secret of its own" },
      });
      await open.ready();
      expect((await fetch(`http://${elsewhere}:${port}/api/v1/status`)).status).toBe(status);
      expect((await open.request("GET", "/api/v1/status")).status).toBe(200);
    });
  },
);

describe("keys and values", () => {
  it.each([
    "user:123",
    "a/b c?d#e%",
    "ключ-鍵-🔑",
    "k".repeat(1024),
    "🔑".repeat(256),
    "with\u0000nul",
    "__proto__",
    "/",
  ])("%j is a key like any other", async (key) => {
    expect((await node.put(key, `value of ${key}`)).status).toBe(200);
    const { body } = await node.get(key);
    expect(body).toMatchObject({ key, value: `value of ${key}` });
  });

  it("so are those that a path would lose", async () => {
    const text = '{"value": "up"}';
    const put = `PUT /api/v1/data/%2E%2E HTTP/1.0\r\nHost: localhost\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    expect(await raw(put)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw("GET /api/v1/data/%2E%2E HTTP/1.0\r\nHost: localhost\r\n\r\n")).toMatch(
      /"key":"\.\.","value":"up"/,
    );
  });

  it("the context of an answer, sent back, overwrites what was read", async () => {
    await node.put("c", "one", {});
    await node.put("c", "two", {});
    const read = await node.get("c");
    expect(read.body["values"]).toEqual(["one", "two"]);
    const context = read.body["context"] as Record<string, number>;
    expect((await node.put("c", "both", context)).body).toMatchObject({ conflict: false });
    expect((await node.get("c")).body["values"]).toEqual(["both"]);
  });

  it("a context too long for a header stands in the body, and the key stays readable", async () => {
    const context = Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`ghost-${i}`, 1]));
    expect((await node.put("many", "x", context)).status).toBe(200);
    const answer = await node.get("many");
    expect(Object.keys(answer.body["context"] as object).length).toBe(1_000);
    expect(answer.headers.get("x-lightcone-context")).toBeNull();
    expect((await node.put("many", "x", { ...context, more: 1 })).status).toBe(400);
  });

  it("a deleted key still gives its context", async () => {
    await node.put("d", "one");
    await node.request("DELETE", "/api/v1/data/d");
    const answer = await node.get("d");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("x-lightcone-context")).toBeTruthy();
    expect(answer.body["dots"]).toEqual([expect.stringMatching(/^node-1:\d+$/)]);
  });
});

describe("what the node stores", () => {
  it("comes page by page in the order of the keys, tombstones included", async () => {
    for (const key of ["page:c", "page:a", "page:b"]) await node.put(key, `of ${key}`);
    const deleted = await node.request("DELETE", "/api/v1/data/page:b");
    const ask = async (query: string) => (await node.request("GET", `/api/v1/keys?${query}`)).body;
    const first = await ask("after=page:&limit=2");
    expect(first).toMatchObject({
      node_id: "node-1",
      keys: [
        { key: "page:a", versions: [{ value: "of page:a", dot: expect.stringMatching(/^node-1:\d+$/) }] },
        { key: "page:b", context: deleted.body["context"], versions: [{ value: null }] },
      ],
      next: "page:b",
    });
    const second = await ask("after=page:b&limit=2");
    expect((second["keys"] as { key: string }[])[0]!.key).toBe("page:c");
    expect((await ask("limit=10000"))["next"]).toBeNull();
  });

  it("names the request that an answer belongs to, as the trace does", async () => {
    const ids = [await node.put("named", "x"), await node.get("named")].map(({ body }) => body["request_id"]);
    expect(ids).toEqual([expect.stringMatching(/^node-1\./), expect.stringMatching(/^node-1\./)]);
    expect(new Set(ids).size).toBe(2);
  });
});

describe("what the node tells of itself", () => {
  it("has the shapes of the API", async () => {
    await node.put("seen", "x");
    const get = async (path: string) => (await node.request("GET", path)).body;
    expect(await get("/gossip/status")).toMatchObject({
      gossip_status: {
        current_node: "node-1",
        cluster_size: 1,
        alive_nodes: 1,
        suspected_nodes: 0,
        dead_nodes: 0,
      },
      config: {
        gossip_interval: `${membershipPresets.lab.gossipInterval}ms`,
        probe_interval: `${membershipPresets.lab.probeInterval}ms`,
        suspicion_timeout: expect.stringMatching(/^\d+(\.\d+)?m?s$/),
      },
    });
    expect(await get("/gossip/members")).toMatchObject({
      cluster_members: {
        "node-1": {
          node_id: "node-1",
          address: node.address,
          status: "alive",
          last_seen: expect.stringMatching(/^\d{4}-.*Z$/),
          heartbeat_seq: expect.any(Number),
          incarnation: expect.any(Number),
        },
      },
      total_members: 1,
      alive_members: 1,
    });
    expect(await get("/gossip/rumors")).toMatchObject({ active_rumors: expect.any(Number), rumors: [] });
    expect(await get("/api/v1/vector-clock?limit=1")).toMatchObject({
      node_id: "node-1",
      vector_clock: { clocks: { "node-1": expect.any(Number) } },
      event_log: { events: [{ type: "put", key: "seen", value: "x", timestamp: expect.any(Number) }] },
      conflicts: [],
    });
    expect(await get("/api/v1/ring?key=seen")).toMatchObject({
      virtual_nodes: 150,
      responsible_nodes: ["node-1"],
      nodes: { "node-1": { share: 1 } },
    });
    expect((await get("/api/v1/ring"))["points"]).toHaveLength(150);
    expect(await get("/api/v1/status")).toMatchObject({
      node_id: "node-1",
      status: "alive",
      clock_store: "sqlite",
    });
  });

  it("counts for Prometheus", async () => {
    await node.put("counted", "x");
    const { body, headers } = await node.request("GET", "/metrics");
    expect(headers.get("content-type")).toContain("version=0.0.4");
    const text = String(body["text"]);
    expect(text).toMatch(/^lightcone_requests_total\{op="put",outcome="ok"\} [1-9]/m);
    expect(text).toMatch(/^lightcone_request_duration_seconds_bucket\{op="put",le="\+Inf"\} [1-9]/m);
    expect(text).toMatch(/^lightcone_fsyncs_total [1-9]/m);
    expect(text).toMatch(/^lightcone_members\{status="alive"\} 1$/m);
    for (const line of text.trim().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+)$/);
    }
  });

  it("streams its events live", async () => {
    const socket = new WebSocket(`ws://${node.address}/ws`);
    const seen: { name: string; key?: string }[] = [];
    socket.on("message", (data: Buffer) => seen.push(JSON.parse(data.toString()) as { name: string }));
    await new Promise((done) => socket.once("open", done));
    await node.put("live", "x");
    await eventually("the write to be seen", () =>
      ["request", "stored", "reply"].every((name) =>
        seen.some((event) => event.name === name && event.key === "live"),
      ),
    );
    socket.terminate();
  });
});
