/** The lab's contract and the two file dialogs over Electron's IPC, for one window. Every sender is checked. */
import { basename, join } from "node:path";
import { app, type BrowserWindow, dialog, ipcMain } from "electron";
import type { HostFrame } from "../../shared/contract/contract.ts";
import { type LabService, serveConnection } from "../../shared/contract/server.ts";
import { channels } from "./channels.ts";
import { isTrustedSender } from "./security.ts";

const sessionFiles = [{ name: "Lightcone session", extensions: ["lightcone"] }];

interface DocumentLine {
  receive(frame: unknown): void;
  close(): void;
}

export function serveWindow(window: BrowserWindow, lab: LabService): void {
  const contents = window.webContents;
  let line: DocumentLine | undefined;

  ipcMain.on(channels.hello, (event, documentId: unknown) => {
    if (!isTrustedSender(event, contents) || typeof documentId !== "string") return;
    line?.close();
    line = openLine(window, lab, documentId);
  });
  ipcMain.on(channels.toHost, (event, frame: unknown) => {
    if (isTrustedSender(event, contents)) line?.receive(frame);
  });
  ipcMain.handle(channels.saveDialog, async (event, suggested: unknown) => {
    if (!isTrustedSender(event, contents) || typeof suggested !== "string") return null;
    const defaultPath = join(app.getPath("documents"), basename(suggested));
    const answer = await dialog.showSaveDialog(window, { defaultPath, filters: sessionFiles });
    return answer.canceled ? null : answer.filePath;
  });
  ipcMain.handle(channels.openDialog, async (event) => {
    if (!isTrustedSender(event, contents)) return null;
    const answer = await dialog.showOpenDialog(window, { properties: ["openFile"], filters: sessionFiles });
    return answer.canceled ? null : (answer.filePaths[0] ?? null);
  });

  contents.on("render-process-gone", () => line?.close());
  window.once("closed", () => {
    line?.close();
    ipcMain.removeAllListeners(channels.hello);
    ipcMain.removeAllListeners(channels.toHost);
    ipcMain.removeHandler(channels.saveDialog);
    ipcMain.removeHandler(channels.openDialog);
  });
}

/** One loaded document as a channel of the contract; closed by its window's end or by the next document. */
function openLine(window: BrowserWindow, lab: LabService, documentId: string): DocumentLine {
  let isOpen = true;
  let onFrame: ((frame: unknown) => void) | undefined;
  let onClose: (() => void) | undefined;
  serveConnection(lab, {
    send(frame: HostFrame) {
      if (isOpen && !window.isDestroyed()) window.webContents.send(channels.toWindow, documentId, frame);
    },
    onFrame: (listener) => void (onFrame = listener),
    onClose: (listener) => void (onClose = listener),
  });
  return {
    receive: (frame) => onFrame?.(frame),
    close() {
      isOpen = false;
      onClose?.();
    },
  };
}
