/** Whether the desktop shell can be had, and the one sentence when it cannot. */
import { skipped } from "../../skipped.ts";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  desktopObstacle,
  electronBinary,
  fetchElectron,
  type Machine,
} from "../../../main/electron/locate.ts";

const able: Machine = {
  platform: "linux",
  isRoot: false,
  hasDisplay: true,
  hasPackage: true,
  forbidsSandbox: false,
};

describe("what stands in the way of a desktop window", () => {
  it("is nothing on a desktop", () => {
    expect(desktopObstacle(able)).toBeNull();
    expect(desktopObstacle({ ...able, platform: "darwin", hasDisplay: false })).toBeNull();
    expect(desktopObstacle({ ...able, platform: "win32", hasDisplay: false })).toBeNull();
  });

  it.each<[string, Partial<Machine>, RegExp]>([
    ["no display", { hasDisplay: false }, /no display/],
    ["root", { isRoot: true }, /run as root/],
    ["no user namespaces", { forbidsSandbox: true }, /sandbox/],
    ["no electron package", { hasPackage: false }, /not part of this installation/],
  ])("is told in one sentence: %s", (_name, machine, expected) => {
    const sentence = desktopObstacle({ ...able, ...machine });
    expect(sentence).toMatch(expected);
    expect(sentence).toMatch(/^[A-Z][^\n]*\.$/);
  });
});

describe.skipIf(skipped(electronBinary() !== null, "Electron is here already"))("fetching Electron", () => {
  let server: Server;
  let cache: string;
  let answer: (respond: import("node:http").ServerResponse) => void;

  beforeEach(async () => {
    cache = mkdtempSync(join(tmpdir(), "lightcone-cache-"));
    server = createServer((_request, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("electron_config_cache", cache);
    vi.stubEnv("ELECTRON_MIRROR", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
    rmSync(cache, { recursive: true });
  });

  it("says that the source refused", async () => {
    answer = (response) => response.writeHead(404).end();
    const sentence = await fetchElectron(() => {});
    expect(sentence).toMatch(/^Electron's binary could not be fetched \(Response code 404/);
  });

  it("says that nobody answers there", async () => {
    vi.stubEnv("ELECTRON_MIRROR", "http://127.0.0.1:1/");
    expect(await fetchElectron(() => {})).toMatch(/^Electron's binary could not be fetched \(/);
  });

  it.each(["before the first byte", "in the middle"])("gives up after 5 s of silence %s", async (moment) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const shares: number[] = [];
    const reached = Promise.withResolvers<void>();
    answer = (response) => {
      if (moment === "in the middle") {
        response.writeHead(200, { "Content-Length": 1000 });
        response.write("x".repeat(250));
      } else reached.resolve();
    };
    const sentence = fetchElectron((share) => {
      shares.push(share);
      reached.resolve();
    });
    await reached.promise;
    await vi.advanceTimersByTimeAsync(4_999);
    await vi.advanceTimersByTimeAsync(1);
    expect(await sentence).toBe("Electron's binary could not be fetched (nothing came for 5 s).");
    expect(shares).toEqual(moment === "in the middle" ? [0.25] : []);
  });

  it("does not unpack what is not Electron", async () => {
    const shares: number[] = [];
    answer = (response) => response.writeHead(200, { "Content-Length": 4 }).end("evil");
    expect(await fetchElectron((share) => shares.push(share))).toMatch(/could not be fetched/);
    expect(shares.at(-1)).toBe(1);
    expect(electronBinary()).toBeNull();
    expect(existsSync(join(import.meta.dirname, "../../../node_modules/electron/dist"))).toBe(false);
  });
});
