/** The one window: where it stands, and that it stands there again next time, on a screen that still exists. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { app, BrowserWindow, type Rectangle, screen } from "electron";
import { z } from "zod";
import { startPage } from "./scheme.ts";

const placeSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  maximized: z.boolean(),
});
type Place = z.infer<typeof placeSchema>;

/** Without a position the system chooses one. */
const usualPlace = { width: 1440, height: 900, maximized: false };
const smallest = { width: 800, height: 500 };

export interface WindowFiles {
  readonly preload: string;
  readonly icon: string;
}

export function createWindow(files: WindowFiles): BrowserWindow {
  const { maximized, ...bounds } = rememberedPlace();
  const window = new BrowserWindow({
    ...bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    title: "Lightcone",
    icon: files.icon,
    show: false,
    webPreferences: {
      preload: files.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  if (maximized) window.maximize();
  window.once("ready-to-show", () => window.show());
  window.on("close", () => rememberPlace(window));
  window.webContents.on("render-process-gone", () => window.webContents.reload());
  window.loadURL(startPage).catch((error: unknown) => {
    // Closing the window while it still loads is no failure.
    if (!window.isDestroyed()) throw error;
  });
  return window;
}

const placeFile = () => join(app.getPath("userData"), "window.json");

function rememberedPlace(): Place | typeof usualPlace {
  try {
    const { maximized, ...bounds } = placeSchema.parse(JSON.parse(readFileSync(placeFile(), "utf8")));
    return { ...clampTo(bounds, screen.getDisplayMatching(bounds).workArea), maximized };
  } catch {
    // The first start, or a file nobody can read: the usual place will do.
    return usualPlace;
  }
}

function rememberPlace(window: BrowserWindow): void {
  const place: Place = { ...window.getNormalBounds(), maximized: window.isMaximized() };
  mkdirSync(app.getPath("userData"), { recursive: true });
  writeFileSync(placeFile(), JSON.stringify(place));
}

/** Moves and shrinks a rectangle until it lies within the area. */
export function clampTo(bounds: Rectangle, area: Rectangle): Rectangle {
  const width = Math.min(bounds.width, area.width);
  const height = Math.min(bounds.height, area.height);
  return {
    x: Math.min(Math.max(bounds.x, area.x), area.x + area.width - width),
    y: Math.min(Math.max(bounds.y, area.y), area.y + area.height - height),
    width,
    height,
  };
}
