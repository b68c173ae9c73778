/** The browser host with the real lab behind it: what a window and `lightcone call` get, over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../eventually.ts";
import { WebSocket } from "ws";
import { connectToLab } from "../../../main/web/connect.ts";
import { startWebHost, type WebHost } from "../../../main/web/host.ts";
import type { LabConnection } from "../../../shared/contract/contract.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { RunningLab } from "../lab/running-lab.ts";
import { makeRendererDir, type RendererDir } from "./renderer-dir.ts";

describe("the real lab over a WebSocket", () => {
  let running: RunningLab;
  let files: RendererDir;
  let host: WebHost;
  let window: LabConnection;
  beforeAll(async () => {
    files = makeRendererDir();
    running = await RunningLab.start();
    await running.untilAlive(["node-1", "node-2", "node-3"]);
    host = await startWebHost({ lab: running.lab, port: 0, rendererDir: files.path });
    window = await connectToLab(
      host.url,
      (url, protocols, settings) => new WebSocket(url, protocols, settings),
    );
  });
  afterAll(async () => {
    window?.close();
    await host?.close();
    await running?.close();
    files.remove();
  });

  const fetchFile = (path: string, init: RequestInit = {}) => {
    const { origin, hash } = new URL(host.url);
    const headers = { Authorization: `Bearer ${hash.replace("#token=", "")}` };
    return fetch(new URL(path, origin), { ...init, headers });
  };

  it("carries commands there, and state and events back", async () => {
    const seen: RecordedEvent[] = [];
    window.on("events", ({ events }) => seen.push(...events));
    const put = await window.call("data.put", { node: "node-1", key: "cart", value: "milk" });
    expect(put.values).toMatchObject([{ value: "milk" }]);
    const got = await window.call("data.get", { node: "node-2", key: "cart" });
    expect(got.values).toEqual(put.values);
    await eventually(() =>
      expect(seen.some((event) => event.key === "cart" && event.name === "stored")).toBe(true),
    );
    const ids = seen.map((event) => event.id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it("refuses wrong parameters in the lab's own words", async () => {
    await expect(window.call("node.kill", { node: "node-9" })).rejects.toMatchObject({
      code: "unknown_node",
    });
    await expect(window.call("events.page", { session: "x", after: -1, limit: 1 })).rejects.toMatchObject({
      code: "bad_input",
      definite: true,
    });
  });

  it("shows a window what a command from elsewhere did", async () => {
    const killed = new Promise<void>((resolve) => {
      const stop = window.on("state", ({ nodes }) => {
        if (nodes.find((node) => node.id === "node-3")?.status !== "killed") return;
        stop();
        resolve();
      });
    });
    await running.call("node.kill", { node: "node-3" });
    await killed;
  });

  it("sends a session as a file and takes the same file back in", async () => {
    const saved = await window.call("session.save", { name: "Two nodes left" });
    const answer = await fetchFile(`/sessions/${encodeURIComponent(saved.id)}`);
    expect(answer.status).toBe(200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 15).toString()).toBe("SQLite format 3");
    const imported = await (await fetchFile("/sessions/again", { method: "POST", body: bytes })).json();
    const page = await window.call("events.page", { session: imported.id, after: 0, limit: 20_000 });
    expect(page.events.filter((event) => event.key === "cart").length).toBeGreaterThan(0);
    const cut = await fetchFile("/sessions/cut", { method: "POST", body: bytes.subarray(0, 1000) });
    expect([cut.status, (await cut.json()).code]).toEqual([400, "bad_session_file"]);
  });
});
