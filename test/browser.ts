/**
 * A real Chromium for tests, on any machine: the one installed there, else the one inside an npm package.
 *
 * `LIGHTCONE_CHROMIUM` names a certain one; the word "packaged" asks for the package's even if there is another.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
/** Ends a browser that hangs, not one on a slow machine. */
const timeout = 120_000;

export async function launchBrowser(): Promise<Browser> {
  const installed = findInstalled();
  if (installed !== null) return chromium.launch({ executablePath: installed, args: flags, timeout });
  const folder = await unpackPackaged();
  // The package's own flags switch web security off, which would make half of our tests worthless.
  return chromium.launch({
    executablePath: join(folder, "chromium"),
    args: flags,
    timeout,
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
    },
  });
}

/** Unpacks the package's Chromium once per machine, whole or not at all: test files run in several processes. */
async function unpackPackaged(): Promise<string> {
  const manifest = join(import.meta.dirname, "..", "node_modules", "@sparticuz", "chromium", "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const folder = join(tmpdir(), `lightcone-chromium-${version}`);
  if (existsSync(folder)) return folder;
  const unpacking = mkdtempSync(`${folder}-`);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = unpacking;
  // Only where it believes to run in such a place does the package unpack the system libraries it needs.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
  const { default: packaged } = await import("@sparticuz/chromium");
  await packaged.executablePath();
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  // The package's own list of font folders names other places; without a single font the browser dies on first text.
  const fonts = [join(folder, "fonts"), "/usr/share/fonts"].map((path) => `<dir>${path}</dir>`).join("");
  const cache = `<cachedir>${join(folder, "fonts-cache")}</cachedir>`;
  writeFileSync(join(unpacking, "fonts.conf"), `<fontconfig>${fonts}${cache}</fontconfig>`);
  try {
    renameSync(unpacking, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(unpacking, { recursive: true });
  }
  return folder;
}

function findInstalled(): string | null {
  const wanted = process.env.LIGHTCONE_CHROMIUM;
  if (wanted === "packaged") return null;
  if (wanted !== undefined && wanted !== "") return wanted;
  return candidates().find(isExecutable) ?? null;
}

function candidates(): string[] {
  if (process.platform === "darwin") {
    return ["Google Chrome", "Chromium", "Microsoft Edge"].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === "win32") {
    const roots = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].map((name) => process.env[name]);
    const paths = ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"];
    return roots.flatMap((root) => (root === undefined ? [] : paths.map((path) => join(root, path))));
  }
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/snap/bin"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
