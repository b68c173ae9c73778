/** How large a request may be, and that a node is none the worse for larger ones. One node serves all tests. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { platform } from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, TestCluster, type TestNode } from "./cluster.ts";
import { sendRaw } from "./raw.ts";

const mebibyte = 2 ** 20;
const head = "PUT /api/v1/data/k HTTP/1.1\r\nHost: localhost\r\n";

const asking = (bytes: number) => `${head}Content-Length: ${bytes}\r\nExpect: 100-continue\r\n\r\n`;

let cluster: TestCluster;
let node: TestNode;
beforeAll(async () => {
  cluster = new TestCluster();
  node = await cluster.start("node-1", { flags: ["--n=1", "--r=1", "--w=1"] });
});
afterAll(() => cluster.end());

/** The most a process has held at once, in bytes; null where the system does not tell. */
function peakMemory({ process: { pid } }: TestNode): number | null {
  if (platform !== "linux") return null;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) * 1024;
}

/** Sends `bytes` of body, announced or in chunks, for as long as the node takes them; resolves with its answer. */
async function pour(bytes: number, isAnnounced: boolean): Promise<string> {
  const piece = Buffer.alloc(mebibyte, "x");
  const socket = connect(node.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += String(chunk)));
  // A line that is cut while more is sent ends in an error, sooner or later.
  socket.on("error", () => undefined);
  socket.write(`${head}${isAnnounced ? `Content-Length: ${bytes}` : "Transfer-Encoding: chunked"}\r\n\r\n`);
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += piece.length) {
    if (!isAnnounced) socket.write(`${piece.length.toString(16)}\r\n`);
    const flows = socket.write(piece);
    if (!isAnnounced) socket.write("\r\n");
    if (flows || socket.destroyed) continue;
    await new Promise((done) => {
      socket.once("drain", done);
      socket.once("close", done);
    });
  }
  await eventually("the answer", () => answer.endsWith("}\n"));
  socket.destroy();
  return answer;
}

describe("a value", () => {
  it.each([
    ["in two-byte characters", "é".repeat(mebibyte / 2)],
    ["escaped to six times its size", "\u0001".repeat(mebibyte)],
  ])("of 1 MiB %s comes back as it was", async (_, value) => {
    expect((await node.put("large", value)).status).toBe(200);
    expect((await node.get("large")).body["value"] === value, "the same text").toBe(true);
  });

  it.each([
    ["in one piece, its length announced", true],
    ["in chunks without end", false],
  ])("of 1 GiB, sent %s, is refused early and leaves the memory as it was", async (_, isAnnounced) => {
    expect(await pour(1024 * mebibyte, isAnnounced)).toMatch(/^HTTP\/1\.1 413 .*"too_large"/s);
    const peak = peakMemory(node);
    if (peak !== null) expect(peak).toBeLessThan(512 * mebibyte);
    expect((await node.put("after", "small")).status).toBe(200);
    expect((await node.get("k")).status, "nothing was stored").toBe(404);
  });
});

describe("a body", () => {
  it("that says it is too long is refused before it is sent", async () => {
    expect(await sendRaw(node, `${head}Content-Length: 99999999\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 .*over the limit of/s,
    );
  });

  it("that grows too long is refused on its way", async () => {
    expect(await pour(8 * mebibyte, false)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("is not asked for when it would be refused, and is when it would not", async () => {
    expect(await sendRaw(node, asking(1024 * mebibyte))).toMatch(/^HTTP\/1\.1 413 /);
    expect(await sendRaw(node, `${asking(14)}{"value": "x"}`)).toMatch(
      /^HTTP\/1\.1 100 Continue.*HTTP\/1\.1 200 /s,
    );
  });

  it("that ends before it should stores nothing", async () => {
    await sendRaw(node, `${head.replace("/k ", "/cut ")}Content-Length: 14\r\n\r\n{"value"`);
    expect((await node.get("cut")).status).toBe(404);
  });
});
