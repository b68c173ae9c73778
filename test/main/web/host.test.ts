/** The browser host with real sockets: the contract over a WebSocket, and everybody who must stay outside. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../eventually.ts";
import { WebSocket } from "ws";
import { connectToLab, scheduleInNode } from "../../../main/web/connect.ts";
import { startWebHost, type WebHost } from "../../../main/web/host.ts";
import { encodeFrame } from "../../../shared/contract/codec.ts";
import { webSocketChannel } from "../../../shared/contract/web-socket.ts";
import { contractSuite } from "../../shared/contract/suite.ts";
import { type TestLab, testLab } from "../../shared/contract/test-lab.ts";
import { makeRendererDir, type RendererDir } from "./renderer-dir.ts";

let files: RendererDir;
beforeAll(() => void (files = makeRendererDir()));
afterAll(() => files.remove());

const open = (url: URL, protocols: string[], settings: object) => new WebSocket(url, protocols, settings);

const start = (lab: TestLab, unreadBytesMax?: number) =>
  startWebHost({
    lab,
    port: 0,
    rendererDir: files.path,
    ...(unreadBytesMax === undefined ? {} : { unreadBytesMax }),
  });

function addressOf(host: WebHost) {
  const { origin, port, hash } = new URL(host.url);
  return {
    origin,
    port: Number(port),
    token: hash.replace("#token=", ""),
    lab: new URL("/lab", origin.replace("http", "ws")),
  };
}

contractSuite("a WebSocket", async (lab) => {
  const host = await start(lab);
  const { origin, token, lab: url } = addressOf(host);
  let socket!: WebSocket;
  const channel = webSocketChannel(
    () => (socket = new WebSocket(url, ["lightcone", token], { origin })),
    scheduleInNode,
  );
  return {
    channel,
    sendRaw: (garbage) => socket.send(encodeFrame(garbage as never)),
    disconnect: () => socket.terminate(),
    async close() {
      channel.close();
      await host.close();
    },
  };
});

describe("the browser host", () => {
  let lab: TestLab;
  let host: WebHost;
  let address: ReturnType<typeof addressOf>;
  beforeEach(async () => {
    lab = testLab();
    host = await start(lab);
    address = addressOf(host);
  });
  afterEach(() => host.close());

  /** One request with full control over its line and headers. */
  async function send(path: string, headers: Record<string, string> = {}, method = "GET") {
    const request = httpRequest({ host: "127.0.0.1", port: address.port, path, method, headers });
    request.end();
    const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
    response.setEncoding("utf8");
    let body = "";
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode, headers: response.headers, body };
  }

  /** The HTTP status of an attempted upgrade, 101 when it was let in. */
  function upgrade(protocols: string[], headers: Record<string, string>, path = "/lab"): Promise<number> {
    const socket = new WebSocket(new URL(path, address.lab), protocols, { headers });
    return new Promise((resolve) => {
      socket.once("open", () => {
        socket.terminate();
        resolve(101);
      });
      socket.once("unexpected-response", (_request, response) => {
        socket.on("error", () => {});
        socket.terminate();
        resolve(response.statusCode ?? 0);
      });
    });
  }

  it("serves the window with headers that shut everything else out", async () => {
    const { status, headers, body } = await send("/");
    expect(status).toBe(200);
    expect(body).toContain("<p>window</p>");
    expect(headers["content-type"]).toMatch(/^text\/html/);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    expect((await send("/assets/app.js")).headers["content-type"]).toMatch(/javascript/);
  });

  it("gives every lab another token, long enough not to be guessed", async () => {
    const other = await start(lab);
    expect(addressOf(other).token).not.toBe(address.token);
    expect(address.token.length).toBeGreaterThanOrEqual(43);
    await other.close();
  });

  it.each([
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/../../secret.txt",
    "/..%5csecret.txt",
    "/assets/..%252f..%252fsecret.txt",
    "/%00",
    "/%ff",
  ])("does not climb out of the window's folder: %s", async (path) => {
    const { status, body } = await send(path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret");
  });

  it("refuses a name that was made to point here (DNS rebinding)", async () => {
    for (const name of [
      "evil.example",
      `evil.example:${address.port}`,
      "127.0.0.1",
      `127.0.0.1:${address.port + 1}`,
    ]) {
      expect((await send("/", { Host: name })).status, name).toBe(403);
      const protocols = ["lightcone", address.token];
      expect(await upgrade(protocols, { Host: name, Origin: `http://${name}` }), name).toBe(403);
    }
    expect((await send("/", { Host: `localhost:${address.port}` })).status).toBe(200);
  });

  it("refuses a page from elsewhere, even one that knows the token", async () => {
    const protocols = ["lightcone", address.token];
    const foreign = [
      "http://evil.example",
      "null",
      `https://127.0.0.1:${address.port}`,
      "http://127.0.0.1:1",
    ];
    for (const origin of foreign) {
      expect((await send("/", { Origin: origin })).status, origin).toBe(403);
      expect(await upgrade(protocols, { Origin: origin }), origin).toBe(403);
    }
    expect(await upgrade(protocols, {}), "an upgrade without an origin").toBe(403);
    expect(await upgrade(protocols, { Origin: `http://localhost:${address.port}` })).toBe(101);
  });

  it("lets nobody into the lab without the token", async () => {
    const headers = { Origin: address.origin };
    const wrong = [["lightcone"], ["lightcone", "x"], ["lightcone", `${address.token}x`], [address.token]];
    for (const protocols of wrong) expect(await upgrade(protocols, headers), protocols.join()).toBe(401);
    expect(await upgrade(["lightcone", address.token], headers, "/other")).toBe(404);
    expect(await upgrade(["lightcone", address.token], headers)).toBe(101);
    expect(lab.calls).toEqual([]);
    for (const path of ["/sessions/one", "/sessions", "/sessions/../sessions/one"]) {
      expect((await send(path)).status, path).toBe(401);
      expect((await send(path, { Authorization: "Bearer x" })).status, path).toBe(401);
    }
  });

  it("takes no method but GET and HEAD for the window's files", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) expect((await send("/", {}, method)).status).toBe(405);
    expect((await send("/", {}, "HEAD")).status).toBe(200);
  });

  it("goes on when the window's files are built anew under it", async () => {
    const { origin } = new URL(host.url);
    const old = join(files.path, "assets", "old.js");
    writeFileSync(old, "old");
    const restarted = await start(lab);
    rmSync(old);
    writeFileSync(join(files.path, "assets", "new.js"), "new");
    const at = (path: string) => fetch(new URL(path, restarted.url)).then((answer) => answer.status);
    expect(await at("/assets/old.js")).toBe(404);
    expect(await at("/assets/new.js")).toBe(200);
    await restarted.close();
    expect((await fetch(origin)).status).toBe(200);
  });

  it("listens on loopback alone", async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((entry) => entry !== undefined && !entry.internal && entry.family === "IPv4");
    if (outside === undefined) return;
    const socket = connectTcp(address.port, outside.address);
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("says in a sentence that a port is in use", async () => {
    const attempt = startWebHost({ lab, port: address.port, rendererDir: files.path });
    await expect(attempt).rejects.toMatchObject({
      code: "port_in_use",
      message: `Port ${address.port} is in use by another program. Choose another with --port, or leave it out.`,
    });
  });

  it("says in a sentence that the window was not built", async () => {
    const attempt = startWebHost({ lab, port: 0, rendererDir: "/nowhere" });
    await expect(attempt).rejects.toThrow(/npm run build/);
  });

  it("closes with windows open, and leaves nothing subscribed", async () => {
    const connection = await connectToLab(host.url, open);
    await connection.call("data.put", { node: "node-1", key: "k", value: "v" });
    await host.close();
    await eventually(() => expect(lab.subscriptions()).toBe(0));
    connection.close();
  });

  it("drops a window that does not read, before its unread frames fill the memory", async () => {
    const slowHost = await start(lab, 1024 * 1024);
    const { origin, token, lab: url } = addressOf(slowHost);
    const socket = new WebSocket(url, ["lightcone", token], { origin });
    await once(socket, "open");
    await eventually(() => expect(lab.subscriptions()).toBe(3));
    socket.pause();
    const text = "x".repeat(100_000);
    let sent = 0;
    for (; sent < 1000 && lab.subscriptions() > 0; sent++) {
      lab.emit("notice", { level: "info", text });
      await new Promise(setImmediate);
    }
    await eventually(() => expect(lab.subscriptions()).toBe(0));
    expect(sent).toBeLessThan(1000);
    socket.terminate();
    await slowHost.close();
  });

  it("drops a window that sends a frame larger than any command", async () => {
    const { origin, token, lab: url } = address;
    const socket = new WebSocket(url, ["lightcone", token], { origin });
    await once(socket, "open");
    socket.on("error", () => {});
    socket.send(new Uint8Array(9 * 1024 * 1024));
    await once(socket, "close");
    await eventually(() => expect(lab.subscriptions()).toBe(0));
  });

  it("answers text and bytes that are no frames with a notice", async () => {
    const { origin, token, lab: url } = address;
    const socket = new WebSocket(url, ["lightcone", token], { origin });
    await once(socket, "open");
    for (const garbage of ["{}", new Uint8Array([0xc1]), new Uint8Array([0x92, 1]), new Uint8Array(0)]) {
      socket.send(garbage);
      await once(socket, "message");
    }
    socket.terminate();
  });
});

describe("connecting from a program", () => {
  it("says what is missing when the address has no token", async () => {
    await expect(connectToLab("http://127.0.0.1:4747/", open)).rejects.toMatchObject({ code: "bad_input" });
  });
});
