/**
 * A double of the `electron` module, enough of it to run the desktop host from end to end without the binary.
 *
 * It keeps Electron's rules where a mistake of ours would show: schemes are registered before "ready", quitting asks
 * `will-quit` first, IPC carries the frame it came from. Its shapes are checked against Electron's own typings below.
 */
import { EventEmitter } from "node:events";
import type * as Electron from "electron";
import type { Browser } from "playwright-core";
import { BrowserWindowDouble, type World } from "./window.ts";

type Handler = (event: never, ...args: unknown[]) => unknown;
type Scheme = (request: Request) => Response | Promise<Response>;

class AppDouble extends EventEmitter {
  isPackaged = false;
  isReady = false;
  sandboxed = false;
  exitCode: number | null = null;
  holdsLock = true;
  paths = new Map<string, string>([["documents", "/documents"]]);
  name = "";

  whenReady = async () => {
    this.isReady = true;
  };
  setName = (name: string) => void (this.name = name);
  setPath = (name: string, path: string) => void this.paths.set(name, path);
  getPath = (name: string) => this.paths.get(name) ?? `/${name}`;
  requestSingleInstanceLock = () => this.holdsLock;
  enableSandbox = () => {
    if (this.isReady) throw new Error("enableSandbox after ready");
    this.sandboxed = true;
  };
  exit = (code?: number) => {
    this.exitCode = code ?? 0;
    this.emit("exited");
  };
  quit = () => {
    for (const window of world.windows) window.close();
    let prevented = false;
    this.emit("will-quit", { preventDefault: () => (prevented = true) });
    if (!prevented) this.exit(0);
  };
}

class IpcMainDouble extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  handle = (channel: string, handler: Handler) => {
    if (this.handlers.has(channel)) throw new Error(`a second handler for ${channel}`);
    this.handlers.set(channel, handler);
  };
  removeHandler = (channel: string) => void this.handlers.delete(channel);
}

type PermissionRequest = NonNullable<Parameters<Electron.Session["setPermissionRequestHandler"]>[0]>;
type PermissionCheck = NonNullable<Parameters<Electron.Session["setPermissionCheckHandler"]>[0]>;
type DevicePermission = NonNullable<Parameters<Electron.Session["setDevicePermissionHandler"]>[0]>;

class SessionDouble {
  request: PermissionRequest | null = null;
  check: PermissionCheck | null = null;
  device: DevicePermission | null = null;
  setPermissionRequestHandler = (handler: PermissionRequest | null) => void (this.request = handler);
  setPermissionCheckHandler = (handler: PermissionCheck | null) => void (this.check = handler);
  setDevicePermissionHandler = (handler: DevicePermission | null) => void (this.device = handler);
}

export const app = new AppDouble();
export const ipcMain = new IpcMainDouble();
export const session = { defaultSession: new SessionDouble() };
export { BrowserWindowDouble as BrowserWindow };

const schemes = new Map<string, Scheme>();
const privileged = new Set<string>();
export const protocol = {
  registerSchemesAsPrivileged(customSchemes: Electron.CustomScheme[]) {
    if (app.isReady) throw new Error("registerSchemesAsPrivileged after ready");
    for (const { scheme } of customSchemes) privileged.add(scheme);
  },
  handle: (scheme: string, handler: Scheme) => {
    if (!privileged.has(scheme)) throw new Error(`${scheme} was not registered`);
    schemes.set(scheme, handler);
  },
};

/** What the person does in the next dialog, and what was asked. */
export const dialogs = { savePath: "", openPath: "", asked: [] as object[], messages: [] as string[] };
export const dialog = {
  async showSaveDialog(_window: object, options: Electron.SaveDialogOptions) {
    dialogs.asked.push(options);
    return { canceled: dialogs.savePath === "", filePath: dialogs.savePath };
  },
  async showOpenDialog(_window: object, options: Electron.OpenDialogOptions) {
    dialogs.asked.push(options);
    return {
      canceled: dialogs.openPath === "",
      filePaths: dialogs.openPath === "" ? [] : [dialogs.openPath],
    };
  },
  async showMessageBox(_window: object, options: Electron.MessageBoxOptions) {
    dialogs.messages.push(`${options.message} ${options.detail}`);
    return { response: 0, checkboxChecked: false };
  },
  showErrorBox(title: string, content: string) {
    dialogs.messages.push(`${title} ${content}`);
  },
};

/** Links handed to the person's browser. */
export const openedOutside: string[] = [];
export const shell = {
  async openExternal(url: string) {
    openedOutside.push(url);
  },
};

export const display = { workArea: { x: 0, y: 0, width: 1920, height: 1080 } };
export const screen = { getDisplayMatching: (_rectangle: Electron.Rectangle) => display };

export const menus: { current: Electron.MenuItemConstructorOptions[] } = { current: [] };
export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: unknown) => void (menus.current = menu as Electron.MenuItemConstructorOptions[]),
};

let world: World;

/** Gives the doubles a fresh Electron whose windows open in the browser; the returned function ends it. */
export async function startElectron(browser: Browser, userData: string): Promise<() => Promise<void>> {
  const context = await browser.newContext();
  Object.assign(app, {
    isReady: false,
    sandboxed: false,
    exitCode: null,
    holdsLock: true,
    isPackaged: false,
  });
  app.paths.set("userData", userData);
  Object.assign(dialogs, { savePath: "", openPath: "", asked: [], messages: [] });
  openedOutside.length = 0;
  world = {
    context,
    windows: new Set(),
    answerScheme: async (url, method) => {
      // A Request cannot carry a foreign scheme past its own normalisation of paths; the url is handed over as it came.
      const request = { url, method } as Request;
      return (await schemes.get(new URL(url).protocol.slice(0, -1))?.(request)) ?? Response.error();
    },
    send: (event, channel, args) => void ipcMain.emit(channel, event, ...args),
    invoke: async (event, channel, args) => {
      const handler = ipcMain.handlers.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      return handler(event as never, ...args);
    },
    askPermission: (contents, name) =>
      new Promise((resolve) =>
        session.defaultSession.request?.(contents as never, name as never, resolve, {} as never),
      ),
    created: (contents) => void app.emit("web-contents-created", {}, contents),
    allClosed: () => void app.emit("window-all-closed"),
  };
  BrowserWindowDouble.world = world;
  await context.route("**/*", (route) => [...world.windows][0]?.webContents.answerPopup(route));
  return async () => {
    for (const window of world.windows) window.close();
    app.removeAllListeners();
    ipcMain.removeAllListeners();
    ipcMain.handlers.clear();
    await context.close();
  };
}

export const hasWindow = () => world.windows.size > 0;

export const currentWindow = (): BrowserWindowDouble => {
  const [window] = world.windows;
  if (window === undefined) throw new Error("no window is open");
  return window;
};

/**
 * The check against drift: each member must be assignable to Electron's own type of that name. Emitters are checked
 * without `on` and its kin, whose overloads no single signature can satisfy; what they carry is typed where it is sent.
 */
type Part<Type, Names extends keyof Type> = Pick<Type, Names>;
type WindowNames =
  | "loadURL"
  | "close"
  | "isDestroyed"
  | "isMaximized"
  | "isMinimized"
  | "maximize"
  | "restore"
  | "focus"
  | "show"
  | "getNormalBounds";
type ContentsNames = "setWindowOpenHandler" | "reload" | "send";

app satisfies Part<
  Electron.App,
  | "isPackaged"
  | "setName"
  | "setPath"
  | "whenReady"
  | "requestSingleInstanceLock"
  | "enableSandbox"
  | "exit"
  | "quit"
>;
app.getPath satisfies Electron.App["getPath"];
ipcMain satisfies Part<Electron.IpcMain, "removeHandler">;
ipcMain.handle satisfies Electron.IpcMain["handle"];
session.defaultSession satisfies Part<
  Electron.Session,
  "setPermissionRequestHandler" | "setPermissionCheckHandler" | "setDevicePermissionHandler"
>;
protocol satisfies Part<Electron.Protocol, "registerSchemesAsPrivileged">;
protocol.handle satisfies Electron.Protocol["handle"];
shell satisfies Part<Electron.Shell, "openExternal">;
screen.getDisplayMatching satisfies (rectangle: Electron.Rectangle) => Part<Electron.Display, "workArea">;
BrowserWindowDouble.prototype satisfies Part<Electron.BrowserWindow, WindowNames>;
BrowserWindowDouble.prototype.webContents satisfies Part<Electron.WebContents, ContentsNames>;
