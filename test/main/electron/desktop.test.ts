/** The desktop host from start to end on the double, and everything a hostile page might try from inside. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Frame } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../eventually.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { launchBrowser } from "../../browser.ts";
import { type TestLab, testLab } from "../../shared/contract/test-lab.ts";
import * as electron from "./double/electron.ts";
import type { PageBindings } from "./double/page-script.ts";
import { openDesktop, type OpenDesktop, type OpenOptions } from "./open-desktop.ts";

vi.mock("electron", () => import("./double/electron.ts"));

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

let lab: TestLab;
let desktop: OpenDesktop;
const open = async (options?: OpenOptions) => {
  lab = testLab();
  desktop = await openDesktop(browser, lab, options);
};
afterEach(() => desktop.close());

/** Makes one call from the page and waits for its answer. */
function callFromPage(command: string, params: object) {
  return desktop.page.evaluate(
    ([name, value]) =>
      new Promise<unknown>((resolve) => {
        const stop = window.lightcone?.onFrame((frame) => {
          if (!("id" in frame)) return;
          stop?.();
          resolve(frame);
        });
        window.lightcone?.send({ id: 1, command: name as never, params: value });
      }),
    [command, params] as const,
  );
}

const askForPaths = () =>
  desktop.page.evaluate(async () => [
    await window.lightcone?.saveDialog("../../../etc/Run 1.lightcone"),
    await window.lightcone?.openDialog(),
  ]);

/** A frame on our page whose document comes from somewhere else. */
async function foreignFrame(): Promise<Frame> {
  await desktop.page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.srcdoc = "<p>foreign</p>";
    document.body.append(frame);
  });
  await vi.waitUntil(() => desktop.page.frames().length > 1, 60_000);
  return desktop.page.frames()[1]!;
}

const put = () => callFromPage("data.put", { key: "k" });
const putAnswered = { id: 1, result: { key: "k" } };

describe("the desktop host", () => {
  beforeEach(() => open());

  it("opens one window, sandboxed and isolated, with the page of the scheme in it", async () => {
    const { options } = electron.currentWindow();
    expect(electron.app.sandboxed).toBe(true);
    expect(options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
    await expect.poll(() => desktop.page.textContent("p")).toBe("window");
    await eventually(async () => expect(await desktop.page.title(), "its script may run").toBe("ran"));
  });

  it("gives the page the bridge and nothing of Electron", async () => {
    const found = await desktop.page.evaluate(() => ({
      bridge: Object.keys(window.lightcone ?? {}).sort(),
      require: typeof (window as { require?: unknown }).require,
      frozen: Object.isFrozen(window.lightcone),
    }));
    expect(found).toEqual({
      bridge: ["onFrame", "onMenu", "openDialog", "platform", "saveDialog", "send"],
      require: "undefined",
      frozen: true,
    });
  });

  it("answers the new document after a reload, and only that", async () => {
    expect(await put()).toEqual(putAnswered);
    void callFromPage("session.save", { name: "asked before the reload" }).catch(() => undefined);
    await eventually(() => expect(lab.calls).toHaveLength(2));
    await electron.currentWindow().webContents.reloaded();
    await eventually(() => expect(lab.subscriptions()).toBe(3));
    const answer = put();
    lab.release();
    expect(await answer).toEqual(putAnswered);
  });

  it("sends menu items to the window as the ids of its commands", async () => {
    await desktop.page.evaluate(() => {
      const log: string[] = [];
      Object.assign(window, { log });
      window.lightcone?.onMenu((id) => log.push(id));
    });
    const items = electron.menus.current.flatMap((menu) => (Array.isArray(menu.submenu) ? menu.submenu : []));
    const own = items.filter((item) => item.click !== undefined);
    expect(own.length).toBeGreaterThan(8);
    for (const item of own) (item.click as () => void)();
    const received = () => desktop.page.evaluate(() => (window as unknown as { log: string[] }).log);
    await eventually(async () => expect(await received()).toEqual(own.map((item) => item.id)));
  });

  it("asks the person for paths, and gives the page nothing but the answer", async () => {
    expect(await askForPaths()).toEqual([null, null]);
    Object.assign(electron.dialogs, { savePath: "/chosen.lightcone", openPath: "/old.lightcone" });
    expect(await askForPaths()).toEqual(["/chosen.lightcone", "/old.lightcone"]);
    expect(electron.dialogs.asked[0]).toMatchObject({ defaultPath: join("/documents", "Run 1.lightcone") });
  });

  it("closes the lab before it ends, once, however often it is asked to", async () => {
    electron.currentWindow().close();
    electron.app.quit();
    await eventually(() => expect(electron.app.exitCode).toBe(0));
    expect(desktop.closings()).toBe(1);
    expect(lab.subscriptions()).toBe(0);
  });

  it("ends on SIGTERM as on the last window's end", async () => {
    desktop.signal("SIGTERM");
    await eventually(() => expect(electron.app.exitCode).toBe(0));
    expect(desktop.closings()).toBe(1);
  });

  it("comes forward when it is started a second time", async () => {
    const focus = vi.fn();
    electron.currentWindow().on("focus", focus);
    electron.app.emit("second-instance", {}, ["lightcone"], "/");
    expect(focus).toHaveBeenCalledOnce();
  });
});

describe("a hostile page in the desktop window", () => {
  beforeEach(() => open());

  it("is not heard from any frame but the main one", async () => {
    await put();
    const frame = await foreignFrame();
    const bridge = await frame.evaluate(() => typeof window.lightcone);
    expect(bridge, "the bridge is not laid into frames").toBe("undefined");
    const path = await frame.evaluate(async () => {
      const page = window as unknown as PageBindings;
      await page.doubleSend("lightcone:hello", ["stolen"]);
      await page.doubleSend("lightcone:to-host", [
        { id: 9, command: "node.kill", params: { node: "node-1" } },
      ]);
      return page.doubleInvoke("lightcone:save-dialog", ["x"]);
    });
    expect(path).toBeNull();
    expect(electron.dialogs.asked).toEqual([]);
    expect(lab.calls.map((call) => call.name)).toEqual(["data.put"]);
    expect(await put(), "the window's own line still works").toEqual(putAnswered);
  });

  it("is not heard when the main frame shows another address, or from another window", async () => {
    await put();
    const { webContents } = electron.currentWindow();
    const frame = { id: 9, command: "node.kill", params: {} };
    const own = "lightcone://app/desktop.html";
    const senders = [
      { sender: webContents, senderFrame: { url: "https://evil.example/", parent: null } },
      { sender: webContents, senderFrame: { url: "lightcone://evil/desktop.html", parent: null } },
      { sender: webContents, senderFrame: { url: own, parent: {} } },
      { sender: webContents, senderFrame: null },
      { sender: {}, senderFrame: { url: own, parent: null } },
    ];
    for (const event of senders) {
      electron.ipcMain.emit("lightcone:hello", event, "stolen");
      electron.ipcMain.emit("lightcone:to-host", event, frame);
      const open = electron.ipcMain.handlers.get("lightcone:open-dialog");
      expect(await open?.(event as never)).toBeNull();
    }
    expect(lab.calls).toHaveLength(1);
    electron.ipcMain.emit(
      "lightcone:to-host",
      { sender: webContents, senderFrame: { url: own, parent: null } },
      frame,
    );
    expect(lab.calls, "the same frame from the right place is heard").toHaveLength(2);
  });

  it("cannot leave for another address", async () => {
    // An attempt is over when it was prevented: another before that would take its place.
    let attempts = 0;
    electron.currentWindow().webContents.on("will-navigate", () => (attempts += 1));
    const urls = ["https://evil.example/", "http://evil.example/", "https://app.lightcone.test/index.html"];
    for (const [index, url] of urls.entries()) {
      await desktop.page.evaluate((target) => void (location.href = target), url);
      await expect.poll(() => attempts).toBe(index + 1);
      await eventually(async () => expect(await put()).toEqual(putAnswered));
      expect(new URL(desktop.page.url()).pathname, url).toBe("/desktop.html");
    }
    expect(electron.openedOutside, "a plain https link goes to the person's browser").toEqual([
      "https://evil.example/",
    ]);
  });

  it("cannot open a window, and has only plain https links opened outside", async () => {
    const context = desktop.page.context();
    await desktop.page.evaluate(() => {
      window.open("https://docs.example/page");
      window.open("https://name:secret@evil.example/");
      window.open("http://evil.example/");
    });
    await eventually(() => expect(electron.openedOutside).toEqual(["https://docs.example/page"]));
    await eventually(() => expect(context.pages()).toHaveLength(1));
    expect(await put()).toEqual(putAnswered);
  });

  it("cannot have other programs started through their schemes", () => {
    const { webContents } = electron.currentWindow();
    for (const url of [
      "file:///etc/passwd",
      "smb://evil/x",
      "vscode://x",
      "javascript:alert(1)",
      "not a url",
    ]) {
      expect(webContents.askOpen(url)).toEqual({ action: "deny" });
      const event = { url, preventDefault: vi.fn() };
      webContents.emit("will-navigate", event);
      expect(event.preventDefault).toHaveBeenCalledOnce();
    }
    expect(electron.openedOutside).toEqual([]);
  });

  it("cannot be redirected, embed a frame from elsewhere or attach a webview", async () => {
    const { webContents } = electron.currentWindow();
    for (const name of ["will-redirect", "will-frame-navigate", "will-attach-webview"]) {
      const event = { url: "https://evil.example/", preventDefault: vi.fn() };
      webContents.emit(name, event);
      expect(event.preventDefault, name).toHaveBeenCalledOnce();
    }
    const blocked = await desktop.page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
          const frame = document.createElement("iframe");
          frame.src = "https://evil.example/";
          document.body.append(frame);
        }),
    );
    expect(blocked).toMatch(/frame-src|default-src/);
  });

  it("is granted no permission", async () => {
    expect(await desktop.page.evaluate(() => Notification.requestPermission())).toBe("denied");
    const { request, check, device } = electron.session.defaultSession;
    const names = [
      "media",
      "geolocation",
      "clipboard-read",
      "openExternal",
      "fullscreen",
      "hid",
      "usb",
    ] as const;
    for (const name of names) {
      const answer = vi.fn();
      request?.({} as never, name, answer, {} as never);
      expect(answer, name).toHaveBeenCalledExactlyOnceWith(false);
      expect(check?.(null, name as never, "lightcone://app", {} as never), name).toBe(false);
    }
    expect(device?.({} as never)).toBe(false);
  });

  it("can neither reach the network nor run what was not shipped", async () => {
    const violations = await desktop.page.evaluate(async () => {
      const seen: string[] = [];
      const threeSeen = new Promise<void>((resolve) => {
        document.addEventListener("securitypolicyviolation", (event) => {
          if (seen.push(event.effectiveDirective) === 3) resolve();
        });
      });
      void fetch("https://evil.example/").catch(() => undefined);
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.body.append(script);
      const image = document.createElement("img");
      image.src = "https://evil.example/pixel.png";
      document.body.append(image);
      await threeSeen;
      return { seen, injected: "injected" in window };
    });
    expect(violations.injected).toBe(false);
    expect(violations.seen.sort()).toEqual(["connect-src", "img-src", "script-src-elem"]);
  });
});

describe("the desktop host between its runs", () => {
  let dataDir: string;
  beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), "lightcone-desktop-"))));
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it("puts the window where it was, on a screen that still exists", async () => {
    await open({ dataDir });
    electron.currentWindow().bounds = { x: 5000, y: 40, width: 900, height: 700 };
    electron.currentWindow().maximize();
    await desktop.close();
    const file = join(dataDir, "desktop", "window.json");
    expect(existsSync(file)).toBe(true);
    await open({ dataDir });
    expect(electron.currentWindow().bounds).toEqual({ x: 1020, y: 40, width: 900, height: 700 });
    expect(electron.currentWindow().isMaximized()).toBe(true);
  });

  it("takes the usual place when the file is broken", async () => {
    await open({ dataDir });
    await desktop.close();
    const file = join(dataDir, "desktop", "window.json");
    for (const content of ["{", '{"x":1e99}', '"text"']) {
      writeFileSync(file, content);
      await open({ dataDir });
      expect(electron.currentWindow().bounds).toMatchObject({ width: 1440, height: 900 });
      if (content !== '"text"') await desktop.close();
    }
    expect(readFileSync(file, "utf8")).toBe('"text"');
  });
});

describe("session files the system asks to open", () => {
  it("are taken into the lab: given at the start, by a second start, by the Finder", async () => {
    await open({ args: ["/runs/first.lightcone"] });
    electron.app.emit("second-instance", {}, ["lightcone", "second.lightcone"], "/runs");
    electron.app.emit("open-file", { preventDefault() {} }, "/runs/third.lightcone");
    const paths = () => lab.calls.map((call) => (call.params as { path: string }).path);
    const all = ["/runs/first.lightcone", "/runs/second.lightcone", "/runs/third.lightcone"];
    await eventually(() => expect(paths()).toEqual(all));
    expect(lab.calls.every((call) => call.name === "session.import")).toBe(true);
  });

  it("are refused in the lab's own words", async () => {
    await open();
    lab.dispatch = async () => {
      throw new LabError("bad_session_file", "This is no session file: choose another.");
    };
    electron.app.emit("open-file", { preventDefault() {} }, "/runs/x.lightcone");
    await eventually(() =>
      expect(electron.dialogs.messages).toEqual([
        "This session was not opened. This is no session file: choose another.",
      ]),
    );
  });
});
