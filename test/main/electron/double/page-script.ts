/**
 * What stands in for Electron inside a page: a `require("electron")` for the preload script, over bindings.
 * Both functions are sent to the page as text and use nothing from outside themselves.
 */

/** Bindings the double lays into each frame, and what the preload leaves behind. */
export interface PageBindings {
  doubleSend(channel: string, args: unknown[]): Promise<void>;
  doubleInvoke(channel: string, args: unknown[]): Promise<unknown>;
  doublePermission(name: string): Promise<boolean>;
  doubleDeliver(channel: string, args: unknown[]): void;
}

/** Runs before each document: Electron's two modules, then the preload, in the main frame only as Electron does. */
export function initScript(preload: string, platform: string): string {
  return `(() => {
    if (window !== window.top) return;
    const start = ${startPreload.toString()};
    start((require, module, exports, process) => {${preload}\n}, ${JSON.stringify(platform)});
  })();`;
}

type Listener = (event: object, ...args: unknown[]) => void;
type Preload = (require: (name: string) => unknown, module: object, exports: object, process: object) => void;

function startPreload(preload: Preload, platform: string): void {
  const page = window as unknown as PageBindings;
  const listeners = new Map<string, Set<Listener>>();
  page.doubleDeliver = (channel, args) => {
    for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
  };
  const ipcRenderer = {
    send: (channel: string, ...args: unknown[]) => void page.doubleSend(channel, args),
    invoke: (channel: string, ...args: unknown[]) => page.doubleInvoke(channel, args),
    on(channel: string, listener: Listener) {
      if (!listeners.has(channel)) listeners.set(channel, new Set());
      listeners.get(channel)?.add(listener);
    },
    removeListener: (channel: string, listener: Listener) => listeners.get(channel)?.delete(listener),
  };
  const contextBridge = {
    exposeInMainWorld: (name: string, api: object) =>
      Object.defineProperty(window, name, { value: Object.freeze(api) }),
  };
  Notification.requestPermission = async () =>
    (await page.doublePermission("notifications")) ? "granted" : "denied";
  const require = (name: string) => {
    if (name !== "electron") throw new Error(`a sandboxed preload cannot load ${name}`);
    return { contextBridge, ipcRenderer };
  };
  const module = { exports: {} };
  preload(require, module, module.exports, { platform });
}
