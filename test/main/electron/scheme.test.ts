/** The window's own scheme: one folder, and nothing that can be reached from it by any spelling. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOwnUrl, serveFolder } from "../../../main/electron/scheme.ts";
import { makeRendererDir, type RendererDir } from "../web/renderer-dir.ts";

describe("lightcone://app", () => {
  let files: RendererDir;
  beforeAll(() => {
    files = makeRendererDir();
    symlinkSync(join(files.path, "..", "secret.txt"), join(files.path, "link.json"));
  });
  afterAll(() => files.remove());

  const get = (url: string, method = "GET") => serveFolder(files.path)({ url, method });

  it("serves the window's files with their type and a policy that allows nothing from elsewhere", async () => {
    const response = await get("lightcone://app/desktop.html");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<p>window</p>");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect((await get("lightcone://app/assets/app.js?v=1")).headers.get("content-type")).toMatch(
      /javascript/,
    );
  });

  it.each([
    "lightcone://app/../secret.txt",
    "lightcone://app/%2e%2e/secret.txt",
    "lightcone://app/..%2fsecret.txt",
    "lightcone://app/%2e%2e%2fsecret.txt",
    "lightcone://app/assets/..%2f..%2fsecret.txt",
    "lightcone://app/..%5csecret.txt",
    "lightcone://app/..\\secret.txt",
    "lightcone://app/%252e%252e%252fsecret.txt",
    "lightcone://app//etc/hostname.json",
    "lightcone://app/%2fetc%2fhostname",
    "lightcone://app/desktop.html%00.png",
    "lightcone://app/%ff",
    "lightcone://app/link.json",
    "lightcone://app/assets",
    "lightcone://app/",
    "lightcone://app/missing.html",
  ])("finds nothing at %s", async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("");
  });

  it("does not serve a folder whose name only begins alike", async () => {
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync(`${files.path}-other`);
    writeFileSync(join(`${files.path}-other`, "page.html"), "secret");
    expect((await get("lightcone://app/..%2frenderer-other%2fpage.html")).status).toBe(404);
  });

  it("answers only to its own host, and only to GET", async () => {
    for (const url of [
      "lightcone://other/desktop.html",
      "lightcone://app.evil/desktop.html",
      "https://app/x.html",
    ]) {
      expect((await get(url)).status, url).toBe(403);
    }
    for (const method of ["POST", "PUT", "DELETE"]) {
      expect((await get("lightcone://app/desktop.html", method)).status, method).toBe(403);
    }
  });

  it("knows its own pages from those that only look like them", () => {
    expect(isOwnUrl("lightcone://app/desktop.html#x")).toBe(true);
    const foreign = [
      "https://app/",
      "lightcone://evil/app",
      "lightcone://app@evil/",
      "lightcone:app",
      "",
      "about:blank",
    ];
    for (const url of foreign) expect(isOwnUrl(url), url).toBe(false);
  });
});
