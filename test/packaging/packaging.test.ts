/**
 * The packages (C8), as far as a machine without Electron's binary can make them: electron-builder itself checks the
 * configuration and packs everything around a stand-in for the binary.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arch, build, type Configuration, Platform } from "electron-builder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** electron-builder's own reader and its schema; it does not export them under its own name. */
const insideBuilder = createRequire(createRequire(import.meta.url).resolve("electron-builder"));
const builderConfig = insideBuilder("app-builder-lib/out/util/config/config") as {
  getConfig(projectDir: string, configPath: null, options: null): Promise<Configuration>;
};

let scratch: string;
let unpacked: string;
let config: Configuration;

const pack = (overrides: Configuration) =>
  build({
    projectDir: root,
    targets: Platform.LINUX.createTarget("dir", Arch.x64),
    publish: "never",
    config: {
      directories: { output: join(scratch, "out") },
      electronDist: join(scratch, "electron"),
      // There is no binary to set them in; what is set is checked below.
      electronFuses: null,
      ...overrides,
    },
  });

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "lightcone-package-"));
  mkdirSync(join(scratch, "electron", "resources"), { recursive: true });
  writeFileSync(join(scratch, "electron", "electron"), "#!/bin/sh\n", { mode: 0o755 });
  config = await builderConfig.getConfig(root, null, null);
  await pack({});
  unpacked = join(scratch, "out", "linux-unpacked", "resources", "app.asar.unpacked");
});
afterAll(() => rmSync(scratch, { recursive: true }));

const filesUnder = (folder: string) =>
  globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();

interface ArchiveFolder {
  readonly files?: Readonly<Record<string, ArchiveFolder>>;
}

/** Every file the archive lists, those laid beside it included. */
function archived(): string[] {
  const asar = insideBuilder("@electron/asar") as { getRawHeader(path: string): { header: ArchiveFolder } };
  const { header } = asar.getRawHeader(join(scratch, "out", "linux-unpacked", "resources", "app.asar"));
  const walk = (folder: ArchiveFolder, prefix: string): string[] =>
    Object.entries(folder.files ?? {}).flatMap(([name, entry]) =>
      entry.files === undefined ? [prefix + name] : walk(entry, `${prefix}${name}/`),
    );
  return walk(header, "").sort();
}

/** The patterns of a `files` setting that take something in. */
function patternsIn(files: Configuration["files"]): string[] {
  const sets = files === undefined || files === null ? [] : Array.isArray(files) ? files : [files];
  return sets
    .flatMap((set) => (typeof set === "string" ? set : (set.filter ?? [])))
    .filter((pattern) => !pattern.startsWith("!"));
}

describe("the package configuration", () => {
  it("is held against electron-builder's schema", async () => {
    await expect(pack({ asarUnpak: [] } as Configuration)).rejects.toThrow(/asarUnpak/);
  });

  it("names nothing that does not exist after a build", () => {
    const platforms = [
      { options: config.linux, archs: ["x64", "arm64"] },
      { options: config.mac, archs: ["x64", "arm64"] },
      { options: config.win, archs: ["x64", "arm64"] },
    ];
    const named = [...patternsIn(config.files), ...(config.asarUnpack as string[])];
    for (const { options, archs } of platforms) {
      expect(options?.files, "each platform names its own binary").toBeDefined();
      for (const arch of archs) {
        named.push(...patternsIn(options?.files).map((pattern) => pattern.replace("${arch}", arch)));
      }
      named.push(options?.icon as string);
    }
    expect(named.length).toBeGreaterThan(12);
    for (const pattern of named) expect(globSync(pattern, { cwd: root }), pattern).not.toEqual([]);
  });

  it("builds the packages promised for each system", () => {
    expect(config.linux?.target).toEqual(["AppImage", "deb"]);
    expect(config.mac?.target).toBe("dmg");
    expect(config.win?.target).toBe("nsis");
    expect(config.fileAssociations).toMatchObject([{ ext: "lightcone" }]);
  });

  it("closes every way into the binary but the one the nodes need", () => {
    expect(config.electronFuses).toEqual({
      runAsNode: true,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
  });
});

describe("a packed application", () => {
  it("holds the build and better-sqlite3, and no source, test or other package", () => {
    const folders = new Set(archived().map((file) => file.split("/").slice(0, 2).join("/")));
    expect([...folders].sort()).toEqual([
      "assets/icons",
      "assets/scenarios",
      "dist/main",
      "dist/preload",
      "dist/renderer",
      "node_modules/better-sqlite3",
      "package.json",
    ]);
    expect(archived().filter((file) => file.endsWith(".map"))).toEqual([]);
  });

  it("holds the files its entry points name", () => {
    const entries = ["electron.js", "worker.js", "hunt-worker.js"].map((name) => `dist/main/${name}`);
    const needed = [
      ...entries,
      "dist/preload/preload.cjs",
      "dist/renderer/desktop.html",
      "assets/icons/icon.png",
    ];
    expect(archived()).toEqual(expect.arrayContaining(needed));
  });

  it("holds the SQLite binary of its own platform and no other", () => {
    const binaries = filesUnder(unpacked).filter((file) => file.endsWith(".node"));
    expect(binaries).toEqual(["node_modules/better-sqlite3/prebuilds/linux-x64.node"]);
  });

  it("lays beside the archive what plain processes read", () => {
    const files = filesUnder(unpacked);
    expect(files).toContain("dist/main/worker.js");
    expect(files).toContain("package.json");
    expect(files.some((file) => file.startsWith("dist/renderer"))).toBe(false);
    expect(
      existsSync(join(unpacked, "dist", "main", "electron.js")),
      "the host itself is in the archive",
    ).toBe(false);
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")("runs its node program from there", () => {
    const output = execFileSync(process.execPath, [join(unpacked, "dist", "main", "worker.js"), "--help"], {
      encoding: "utf8",
      cwd: scratch,
    });
    expect(output).toContain("--node-id");
  });
});

describe("the icon", () => {
  it("is large enough for every system's own formats", () => {
    const png = readFileSync(join(root, "assets", "icons", "icon.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1024, 1024]);
    expect(readdirSync(join(root, "assets", "icons"))).toContain("icon.svg");
  });
});
