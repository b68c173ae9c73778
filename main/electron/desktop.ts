/**
 * The desktop host, from start to end: one instance per data directory, one lab, one window.
 *
 * It knows Electron and it knows the contract; it decides nothing about clusters. The lab is closed on every way out,
 * and should this process die without a chance to, its nodes notice the broken line and end themselves.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { app, type BrowserWindow, dialog, Menu, protocol, session } from "electron";
import { z } from "zod";
import { LabError } from "../../shared/contract/errors.ts";
import type { LabService } from "../../shared/contract/server.ts";
import { type ClockStoreKind, clockStoreKinds } from "../../shared/contract/state.ts";
import {
  storageDefaults,
  type StorageSettings,
  storageSettingsSchema,
} from "../../shared/contract/storage.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import { type Preset, presets } from "../../shared/membership/types.ts";
import { parseMergeFile } from "../../shared/replication/settings.ts";
import { channels } from "./channels.ts";
import { serveWindow } from "./ipc.ts";
import { menuTemplate } from "./menu.ts";
import { scheme, serveFolder } from "./scheme.ts";
import { confinePages, denyPermissions } from "./security.ts";
import { createWindow, type WindowFiles } from "./window.ts";

interface DesktopFlags {
  readonly nodes: number;
  readonly preset: Preset;
  readonly dataDir: string;
  /** The path of each merge function, by name. */
  readonly merges: Readonly<Record<string, string>>;
  readonly clockStore: ClockStoreKind;
  readonly storage: StorageSettings;
}

export interface Desktop extends WindowFiles {
  readonly rendererDir: string;
  readonly defaultDataDir: string;
  startLab(flags: DesktopFlags): Promise<LabService & { close(): Promise<void> }>;
}

export async function runDesktop(desktop: Desktop): Promise<void> {
  const { flags, sessionFile } = readArguments(process.argv.slice(app.isPackaged ? 1 : 2), desktop);
  app.setName("Lightcone");
  app.setPath("userData", join(flags.dataDir, "desktop"));
  if (!app.requestSingleInstanceLock()) return app.quit();
  const privileges = {
    standard: true,
    secure: true,
    supportFetchAPI: true,
    corsEnabled: true,
    codeCache: true,
  };
  protocol.registerSchemesAsPrivileged([{ scheme, privileges }]);
  app.enableSandbox();
  confinePages(app);
  const opened = new OpenedFiles(sessionFile);
  await app.whenReady();

  denyPermissions(session.defaultSession);
  protocol.handle(scheme, serveFolder(desktop.rendererDir));
  const lab = await desktop.startLab(flags);
  closeWithApp(lab);
  const window = createWindow(desktop);
  serveWindow(window, lab);
  const runInWindow = (commandId: string) => window.webContents.send(channels.menu, commandId);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(runInWindow, app.isPackaged)));
  app.on("second-instance", () => bringForward(window));
  opened.eachInto(window, lab);
}

const flagsSchema = storageSettingsSchema.partial().extend({
  nodes: z.coerce.number().int().min(1).max(32).default(5),
  preset: z.enum(presets).default("lab"),
  "data-dir": z.string().min(1).optional(),
  "clock-store": z.enum(clockStoreKinds).default("sqlite"),
  merge: z
    .array(
      z
        .string()
        .transform(parseMergeFile)
        .pipe(z.object({ name: z.string(), path: z.string() })),
    )
    .default([]),
});

function readArguments(args: string[], desktop: Desktop) {
  const options = {
    nodes: { type: "string" },
    preset: { type: "string" },
    "data-dir": { type: "string" },
    merge: { type: "string", multiple: true },
    "clock-store": { type: "string" },
    log: { type: "string" },
    snapshots: { type: "string" },
    sync: { type: "string" },
    recovery: { type: "string" },
  } as const;
  // Not strict: Chromium's own switches stand among ours.
  const { values, positionals } = parseArgs({ args, options, strict: false, allowPositionals: true });
  const parsed = flagsSchema.safeParse(values);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "flag";
    throw new LabError(
      "bad_input",
      `--${where} has a value the lab does not know: see lightcone lab --help.`,
    );
  }
  const { nodes, preset, "data-dir": dataDir, "clock-store": clockStore, merge, ...given } = parsed.data;
  const merges = Object.fromEntries(merge.map(({ name, path }) => [name, resolve(path)]));
  return {
    flags: {
      nodes,
      preset,
      dataDir: resolve(dataDir ?? desktop.defaultDataDir),
      merges,
      clockStore,
      storage: { ...storageDefaults, ...withoutAbsent(given) },
    },
    sessionFile: positionals.find(isSessionFile),
  };
}

const isSessionFile = (path: string) => path.endsWith(".lightcone");

/** Session files the system asks us to open, from before there is a window until the end. */
class OpenedFiles {
  readonly #waiting: string[] = [];
  #open: (path: string) => void = (path) => void this.#waiting.push(path);

  constructor(first: string | undefined) {
    if (first !== undefined) this.#open(resolve(first));
    app.on("open-file", (event, path) => {
      event.preventDefault();
      this.#open(path);
    });
    app.on("second-instance", (_event, args, folder) => {
      const path = args.find(isSessionFile);
      if (path !== undefined) this.#open(resolve(folder, path));
    });
  }

  /** Takes each file into the lab, then shows the list it now stands in. */
  eachInto(window: BrowserWindow, lab: LabService): void {
    this.#open = (path) => {
      lab.dispatch("session.import", { path }).then(
        () => window.webContents.send(channels.menu, "session.open"),
        (error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error);
          void dialog.showMessageBox(window, {
            type: "error",
            message: "This session was not opened.",
            detail,
          });
        },
      );
    };
    for (const path of this.#waiting.splice(0)) this.#open(path);
  }
}

function closeWithApp(lab: { close(): Promise<void> }): void {
  let isClosing = false;
  const close = (code: number) => {
    if (isClosing) return;
    isClosing = true;
    void lab.close().finally(() => app.exit(code));
  };
  app.on("window-all-closed", () => app.quit());
  app.on("will-quit", (event) => {
    event.preventDefault();
    close(0);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => app.quit());
  process.on("uncaughtException", (error) => {
    process.stderr.write(`The lab failed and closes its cluster: ${error.stack ?? error.message}\n`);
    close(1);
  });
}

function bringForward(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.focus();
}
