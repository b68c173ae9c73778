/** Reducers, queries and tables over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCluster, type TestNode } from "./cluster.ts";

const alone = { flags: ["--n=1", "--r=1", "--w=1"] };

let cluster: TestCluster;
let node: TestNode;
beforeAll(async () => {
  cluster = new TestCluster();
  node = await cluster.start("node-1", alone);
});
afterAll(() => cluster.end());

const call = (module: string, reducer: string, args?: unknown) =>
  node.request("POST", `/api/v1/call/${module}/${reducer}`, args);
const ask = (module: string, query: string, args?: unknown) =>
  node.request("POST", `/api/v1/query/${module}/${query}`, args);

describe("a call", () => {
  it("runs a reducer and gives what it returned", async () => {
    expect(await call("bank", "open", { account: "anna", balance: 100 })).toMatchObject({
      status: 200,
      body: { module: "bank", reducer: "open", result: { balance: 100 }, changed: 1 },
    });
    await call("bank", "open", { account: "berta" });
    expect(await call("bank", "transfer", { from: "anna", to: "berta", amount: 30 })).toMatchObject({
      status: 200,
      body: { result: { from: 70, to: 30 }, changed: 2 },
    });
    expect((await ask("bank", "sum")).body).toMatchObject({ result: { sum: 100, accounts: 2 } });
  });

  it.each([
    ["POST", "/api/v1/call/shop/open", {}, 404, "no_such_module", /There is no module "shop" here/],
    ["POST", "/api/v1/call/bank/rob", {}, 404, "no_such_reducer", /has no reducer "rob"/],
    ["POST", "/api/v1/call/bank", {}, 404, "not_found", /it is like/],
    ["POST", "/api/v1/call/%E0%A4%A/open", {}, 400, "bad_input", /not a well-formed path/],
    ["POST", "/api/v1/call/bank/open", { account: 7 }, 400, "bad_arguments", /bank\.open was called wrongly/],
    ["POST", "/api/v1/call/bank/open", "{", 400, "bad_input", /arguments as JSON/],
    [
      "POST",
      "/api/v1/call/bank/transfer",
      { from: "x", to: "y", amount: 1 },
      409,
      "no_such_account",
      /open it/,
    ],
    ["POST", "/api/v1/call/kv/put", {}, 405, "read_only", /PUT or DELETE/],
    ["GET", "/api/v1/call/bank/open", undefined, 405, "method_not_allowed", /takes POST/],
    ["POST", "/api/v1/query/bank/riches", {}, 404, "no_such_query", /has no query "riches"/],
    ["GET", "/api/v1/tables/bank/vaults", undefined, 404, "not_found", /there are .*bank\/accounts/],
    ["GET", "/api/v1/tables/bank/accounts?limit=0", undefined, 400, "bad_input", /limit must be/],
  ])("%s %s %j is refused with %i %s", async (method, path, body, status, code, sentence) => {
    const answer = await node.request(method, path, body);
    expect(answer).toMatchObject({ status, body: { error: { code, definite: true } } });
    expect((answer.body["error"] as { message: string }).message).toMatch(sentence);
  });

  it("that is refused changes nothing", async () => {
    await call("counter", "add", { name: "still", by: 5 });
    const before = await node.request("GET", "/api/v1/tables/counter/counters");
    expect((await call("counter", "add", { name: "still", by: Number.MAX_SAFE_INTEGER })).status).toBe(409);
    const after = await node.request("GET", "/api/v1/tables/counter/counters");
    expect(after.body["rows"]).toEqual(before.body["rows"]);
  });
});

async function page(query: string) {
  const { body } = await node.request("GET", `/api/v1/tables/counter/counters?${query}`);
  return { keys: (body["rows"] as { key: string }[]).map(({ key }) => key), next: body["next"] };
}

describe("the rows of a table", () => {
  it("come by key, a page at a time", async () => {
    for (const name of ["c", "a", "e", "b", "d"]) await call("counter", "increment", { name });
    expect(await page("to=f&limit=2")).toEqual({ keys: ["a", "b"], next: "c" });
    expect(await page("from=c&to=f&limit=2")).toEqual({ keys: ["c", "d"], next: "e" });
    expect(await page("from=e&to=f&limit=2")).toEqual({ keys: ["e"], next: null });
  });

  it("of kv may be read, with where they came from", async () => {
    await node.put("colour", "blue");
    const { body } = await node.request("GET", "/api/v1/tables/kv/keys?from=colour&limit=1");
    expect(body["rows"]).toMatchObject([{ key: "colour", from: { op: "put", origin: "node-1" } }]);
  });
});

it("P28: what a single node acknowledged is there after SIGKILL, and the sum of the bank never changes", async () => {
  const { body } = await ask("bank", "sum");
  for (let round = 0; round < 3; round += 1) {
    const transfers = Array.from({ length: 20 }, (_, index) =>
      call("bank", "transfer", {
        ...(index % 2 === 0 ? { from: "anna", to: "berta" } : { from: "berta", to: "anna" }),
        amount: 1,
      }).catch(() => undefined),
    );
    expect((await call("counter", "increment", { name: "rounds" })).status).toBe(200);
    await node.signal("SIGKILL");
    await Promise.all(transfers);
    node = await cluster.restart(node, alone);
    expect((await ask("bank", "sum")).body["result"]).toEqual(body["result"]);
    expect((await ask("counter", "value", { name: "rounds" })).body["result"]).toBe(round + 1);
  }
});
