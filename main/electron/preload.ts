/**
 * Runs in the window before its page, sandboxed and in a world of its own; gives the page six functions and nothing of
 * Electron. It is built into one CommonJS file, because a sandboxed preload can load nothing else.
 *
 * Each loaded document names itself: after a reload, an answer still on its way to the old document would otherwise
 * settle a call of the new one that happens to carry the same number.
 */
import { contextBridge, type IpcRendererEvent, ipcRenderer } from "electron";
import type { LightconeBridge } from "../../shared/contract/bridge.ts";
import type { HostFrame } from "../../shared/contract/contract.ts";
import { channels } from "./channels.ts";

const documentId = crypto.randomUUID();

/** The event itself stays here: it holds a way back into Electron. */
function listen(channel: string, listener: (...args: unknown[]) => void): () => void {
  const wrapped = (_event: IpcRendererEvent, ...args: unknown[]) => listener(...args);
  ipcRenderer.on(channel, wrapped);
  return () => void ipcRenderer.removeListener(channel, wrapped);
}

const bridge: LightconeBridge = {
  send: (frame) => ipcRenderer.send(channels.toHost, frame),
  onFrame: (listener) =>
    listen(channels.toWindow, (target, frame) => {
      if (target === documentId) listener(frame as HostFrame);
    }),
  platform: process.platform,
  onMenu: (listener) => listen(channels.menu, (commandId) => listener(commandId as string)),
  saveDialog: (suggested) => ipcRenderer.invoke(channels.saveDialog, suggested) as Promise<string | null>,
  openDialog: () => ipcRenderer.invoke(channels.openDialog) as Promise<string | null>,
};

ipcRenderer.send(channels.hello, documentId);
contextBridge.exposeInMainWorld("lightcone", bridge);
