/** What a client may say about an operation that failed: against servers that misbehave in every way. */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type DataRequest, sendData } from "../../../main/lab/data.ts";

async function targetOf(server: TcpServer | Server) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { id: "node-1", address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const answering = (listener: RequestListener) => targetOf(createServer(listener));
const replying = (status: number, body: unknown) =>
  answering((request, response) => {
    request.resume();
    response.writeHead(status, { connection: "close" }).end(JSON.stringify(body));
  });

const put: DataRequest = { op: "put", key: "k", value: "v" };
const get: DataRequest = { op: "get", key: "k" };

const answer = {
  key: "k",
  value: "v",
  values: ["v"],
  siblings: [{ value: "v", dot: "node-1:3", at: 1 }],
  dots: ["node-1:3"],
  dot: "node-1:3",
  context: { "node-1": 3 },
  coordinator: "node-1",
  replication_nodes: ["node-1", "node-2"],
  replication_result: { successful_nodes: ["node-1"], failed_nodes: ["node-2"], quorum_achieved: true },
  request_id: "node-1.1.1",
};

describe("sendData", () => {
  it("says what the node answered", async () => {
    expect(await sendData(await replying(200, answer), put)).toEqual({
      key: "k",
      values: [expect.objectContaining({ value: "v", dot: "node-1:3" })],
      context: { "node-1": 3 },
      coordinator: "node-1",
      replicas: ["node-1", "node-2"],
      successful: ["node-1"],
      failed: ["node-2"],
      latencyMs: expect.any(Number),
    });
  });

  it("says what the strategy made of siblings, the session, and that a write was a repetition", async () => {
    const more = { values: ["merged"], session: "sealed", repeated: true, merge_error: "It threw." };
    expect(await sendData(await replying(200, { ...answer, ...more }), put)).toMatchObject({
      values: [{ value: "v" }],
      shown: ["merged"],
      session: "sealed",
      repeated: true,
      mergeError: "It threw.",
    });
  });

  it("an absent key is an answer without values, not an error", async () => {
    const absent = {
      ...answer,
      values: [],
      siblings: [],
      error: { code: "not_found", message: "No.", definite: true },
    };
    expect((await sendData(await replying(404, absent), get)).values).toEqual([]);
  });

  it("sends key, quorum, value and context as the node expects them", async () => {
    let seen = "";
    const target = await answering((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const { "idempotency-key": token, "x-lightcone-session": session } = request.headers;
        seen = `${request.method} ${request.url} ${body} ${String(token)} ${String(session)}`;
        response.writeHead(200, { connection: "close" }).end(JSON.stringify(answer));
      });
    });
    const context = { "node-1": 2 };
    await sendData(target, { op: "put", key: "a/b?ü", value: "v", context, r: 1, w: 3, token: "t-1" });
    const path = "/api/v1/data/a%2Fb%3F%C3%BC";
    expect(seen).toBe(`PUT ${path}?r=1&w=3 {"value":"v","context":{"node-1":2}} t-1 undefined`);
    await sendData(target, { op: "delete", key: "k", context, sloppy: false });
    expect(seen).toBe('DELETE /api/v1/data/k?sloppy=false {"context":{"node-1":2}} undefined undefined');
    await sendData(target, { op: "get", key: "k", consistency: "causal", session: "sealed" });
    expect(seen).toBe("GET /api/v1/data/k?consistency=causal  undefined sealed");
  });

  it.each([
    ["quorum_not_met", 503, "refused", false],
    ["bad_quorum", 400, "bad_input", true],
    ["too_large", 413, "bad_input", true],
    ["timed_out", 504, "timed_out", false],
    ["leaving", 503, "refused", true],
  ])("%s keeps its sentence and its certainty", async (code, status, expected, definite) => {
    const target = await replying(status, { error: { code, message: "A sentence.", definite } });
    await expect(sendData(target, put)).rejects.toMatchObject({
      code: expected,
      message: "A sentence.",
      definite,
    });
  });

  it("a refused connection had no effect", async () => {
    const server = createTcpServer();
    const target = await targetOf(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(sendData(target, put)).rejects.toMatchObject({ code: "unreachable", definite: true });
  });

  it("a line that breaks after the request left may have had one; a read never has", async () => {
    const target = await answering((request) => request.socket.destroy());
    await expect(sendData(target, put)).rejects.toMatchObject({ code: "unreachable", definite: false });
    await expect(sendData(target, get)).rejects.toMatchObject({ code: "unreachable", definite: true });
  });

  it("an answer cut in the middle, or of another program, is no answer", async () => {
    const cut = await answering((request, response) => {
      request.resume();
      response.writeHead(200, { "content-length": 100 }).write('{"key":');
      setImmediate(() => response.destroy());
    });
    await expect(sendData(cut, put)).rejects.toMatchObject({ name: "LabError", definite: false });
    const other = await replying(200, { hello: "world" });
    await expect(sendData(other, put)).rejects.toMatchObject({ code: "internal", definite: false });
  });
});
