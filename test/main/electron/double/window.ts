/**
 * BrowserWindow and WebContents whose window is a page of a real Chromium.
 *
 * Chromium hands an unknown scheme to the operating system before any interception, so pages live under an https
 * address that stands for `lightcone://app`; everything the main process sees is translated back.
 */
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type * as Electron from "electron";
import type { BrowserContext, Frame, Page, Route } from "playwright-core";
import { initScript, type PageBindings } from "./page-script.ts";

const outside = "https://app.lightcone.test";
const inside = "lightcone://app";
const toOutside = (url: string) => (url.startsWith(inside) ? outside + url.slice(inside.length) : url);
const toInside = (url: string) => (url.startsWith(outside) ? inside + url.slice(outside.length) : url);

/** The rest of Electron, as far as windows need it. */
export interface World {
  readonly context: BrowserContext;
  readonly windows: Set<BrowserWindowDouble>;
  answerScheme(url: string, method: string): Promise<Response>;
  send(event: object, channel: string, args: unknown[]): void;
  invoke(event: object, channel: string, args: unknown[]): Promise<unknown>;
  askPermission(contents: object, name: string): Promise<boolean>;
  created(contents: WebContentsDouble): void;
  allClosed(): void;
}

type OpenHandler = Parameters<Electron.WebContents["setWindowOpenHandler"]>[0];
type SenderFrame = Pick<Electron.WebFrameMain, "url"> & { parent: object | null };

export class WebContentsDouble extends EventEmitter {
  readonly #world: World;
  readonly #page: Promise<Page>;
  #openHandler: OpenHandler | undefined;
  /** Main-frame navigations the main process itself asked for. */
  #asked = 0;

  constructor(world: World, options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.#world = world;
    this.#page = this.#open(options);
    world.created(this);
  }

  /** The page behind it, for tests. */
  get page(): Promise<Page> {
    return this.#page;
  }

  async #open(options: Electron.BrowserWindowConstructorOptions): Promise<Page> {
    const page = await this.#world.context.newPage();
    await page.exposeBinding("doubleSend", ({ frame }, channel: string, args: unknown[]) =>
      this.#world.send(this.#eventFrom(frame), channel, args),
    );
    await page.exposeBinding("doubleInvoke", ({ frame }, channel: string, args: unknown[]) =>
      this.#world.invoke(this.#eventFrom(frame), channel, args),
    );
    await page.exposeBinding("doublePermission", (_source, name: string) =>
      this.#world.askPermission(this, name),
    );
    const preload = options.webPreferences?.preload;
    if (preload !== undefined) {
      await page.addInitScript(initScript(readFileSync(preload, "utf8"), process.platform));
    }
    await page.route("**/*", (route) => this.#answer(page, route));
    page.on("popup", (popup) => void popup.close());
    return page;
  }

  #eventFrom(frame: Frame): { sender: WebContentsDouble; senderFrame: SenderFrame } {
    const parent = frame.parentFrame() === null ? null : {};
    return { sender: this, senderFrame: { url: toInside(frame.url()), parent } };
  }

  async #answer(page: Page, route: Route): Promise<void> {
    const request = route.request();
    const url = toInside(request.url());
    if (request.isNavigationRequest()) {
      const isMain = request.frame() === page.mainFrame();
      if (isMain && this.#asked > 0) this.#asked--;
      else if (
        this.#isPrevented(isMain ? ["will-navigate", "will-frame-navigate"] : ["will-frame-navigate"], url)
      ) {
        return route.abort("aborted");
      }
    }
    if (!url.startsWith(inside)) return route.abort("internetdisconnected");
    const response = await this.#world.answerScheme(url, request.method());
    return route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  }

  #isPrevented(names: string[], url: string): boolean {
    let prevented = false;
    for (const name of names) this.emit(name, { url, preventDefault: () => (prevented = true) });
    return prevented;
  }

  /** A page opened by ours: the handler decides, and what it denies never loads. */
  async answerPopup(route: Route): Promise<void> {
    const url = toInside(route.request().url());
    const answer = this.askOpen(url);
    if (answer?.action === "deny") await route.abort("aborted");
    else await route.fulfill({ body: "a new window" });
  }

  askOpen(url: string): Electron.WindowOpenHandlerResponse | undefined {
    return this.#openHandler?.({ url } as Electron.HandlerDetails);
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  async goTo(url: string): Promise<void> {
    const page = await this.#page;
    this.#asked++;
    await page.goto(toOutside(url));
  }

  reload(): void {
    void this.reloaded();
  }

  /** A reload as the main process or the menu asks for it. */
  async reloaded(): Promise<void> {
    const page = await this.#page;
    this.#asked++;
    await page.reload();
  }

  send(channel: string, ...args: unknown[]): void {
    void this.#page
      .then((page) =>
        page.evaluate(([name, values]) => (window as unknown as PageBindings).doubleDeliver(name, values), [
          channel,
          args,
        ] as const),
      )
      // As in Electron, what is sent to a page that goes away is lost.
      .catch(() => undefined);
  }
}

export class BrowserWindowDouble extends EventEmitter {
  static world: World;
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly webContents: WebContentsDouble;
  bounds: Electron.Rectangle;
  visible = false;
  #maximized = false;
  #destroyed = false;
  readonly #world = BrowserWindowDouble.world;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    const { x = 10, y = 20, width = 800, height = 600 } = options;
    this.bounds = { x, y, width, height };
    this.webContents = new WebContentsDouble(this.#world, options);
    this.#world.windows.add(this);
  }

  async loadURL(url: string): Promise<void> {
    await this.webContents.goTo(url);
    this.emit("ready-to-show");
  }

  /** As the person or the application closes it. */
  close(): void {
    if (this.#destroyed) return;
    this.emit("close", { preventDefault() {} });
    this.#destroyed = true;
    void this.webContents.page.then((page) => page.close());
    this.#world.windows.delete(this);
    this.emit("closed");
    if (this.#world.windows.size === 0) this.#world.allClosed();
  }

  isDestroyed = () => this.#destroyed;
  isMaximized = () => this.#maximized;
  isMinimized = () => false;
  maximize = () => void (this.#maximized = true);
  restore = () => {};
  focus = () => void this.emit("focus");
  show = () => void (this.visible = true);
  getNormalBounds = () => this.bounds;
}
