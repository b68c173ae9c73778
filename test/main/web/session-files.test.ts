/** Session files over HTTP: only what the lab lists, only with the token, never a path from outside. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startWebHost, type WebHost } from "../../../main/web/host.ts";
import type { CommandName } from "../../../shared/contract/contract.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import type { LabService } from "../../../shared/contract/server.ts";
import { makeRendererDir, type RendererDir } from "./renderer-dir.ts";

const content = "a recording, byte by byte";

/** A lab that keeps one session and shows what it was sent. */
function labWithOneSession() {
  const imported: { name: string; content: string }[] = [];
  const answers: Partial<Record<CommandName, (params: never) => unknown>> = {
    "session.list": () => ({ sessions: [{ id: "one", name: "Tür & Tor" }] }),
    "session.export": ({ path }: { path: string }) => writeFileSync(path, content),
    "session.import": ({ path }: { path: string }) => {
      const text = readFileSync(path, "utf8");
      if (text === "junk") throw new LabError("bad_session_file", "This is no session file.");
      imported.push({ name: basename(path), content: text });
      return { id: "two" };
    },
  };
  const lab: LabService = {
    dispatch: async (name, params) => answers[name]?.(params as never),
    on: () => () => {},
  };
  return { lab, imported };
}

describe("session files", () => {
  let files: RendererDir;
  let host: WebHost;
  let imported: { name: string; content: string }[];
  beforeAll(() => void (files = makeRendererDir()));
  afterAll(() => files.remove());
  beforeEach(async () => {
    const made = labWithOneSession();
    imported = made.imported;
    host = await startWebHost({ lab: made.lab, port: 0, rendererDir: files.path });
  });
  afterEach(() => host.close());

  const send = (path: string, init: RequestInit = {}) => {
    const { origin, hash } = new URL(host.url);
    const headers = { Authorization: `Bearer ${hash.replace("#token=", "")}` };
    return fetch(new URL(path, origin), { ...init, headers });
  };

  it("sends a copy of a session under its name", async () => {
    const response = await send("/sessions/one");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(content);
    expect(response.headers.get("content-disposition")).toBe(
      "attachment; filename*=UTF-8''T%C3%BCr%20%26%20Tor.lightcone",
    );
  });

  it.each(["two", "..%2fsecret", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%ff", ""])(
    "knows no session that the lab does not list: %s",
    async (id) => {
      const response = await send(`/sessions/${id}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "unknown_session" });
    },
  );

  it("takes a file in, under a name that cannot leave its folder", async () => {
    const response = await send(`/sessions/${encodeURIComponent("../../Übung 1.lightcone")}`, {
      method: "POST",
      body: content,
    });
    expect(await response.json()).toEqual({ id: "two" });
    expect(imported).toEqual([{ name: "______Übung 1.lightcone", content }]);
  });

  it("hands the lab's own sentence back when it refuses a file", async () => {
    const response = await send("/sessions/x", { method: "POST", body: "junk" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ code: "bad_session_file", message: "This is no session file." });
  });

  it("deletes nothing and changes nothing", async () => {
    expect((await send("/sessions/one", { method: "DELETE" })).status).toBe(400);
  });

  it("answers in one sentence when there is no place for temporary files, and goes on", async () => {
    const { TMPDIR } = process.env;
    process.env["TMPDIR"] = "/nowhere/at/all";
    try {
      const response = await send("/sessions/one");
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ code: "internal" });
    } finally {
      if (TMPDIR === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = TMPDIR;
    }
    expect((await send("/sessions/one")).status).toBe(200);
  });
});
