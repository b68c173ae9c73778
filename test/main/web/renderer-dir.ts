/** A stand-in for the built window, with a secret beside it that must never be served. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RendererDir {
  readonly path: string;
  remove(): void;
}

export function makeRendererDir(): RendererDir {
  const root = mkdtempSync(join(tmpdir(), "lightcone-renderer-"));
  const path = join(root, "renderer");
  mkdirSync(join(path, "assets"), { recursive: true });
  const page = `<!doctype html><title>Lightcone</title><script type="module" src="./assets/app.js"></script><p>window</p>`;
  writeFileSync(join(path, "index.html"), page);
  writeFileSync(join(path, "desktop.html"), page);
  writeFileSync(join(path, "assets", "app.js"), `document.title = "ran";`);
  writeFileSync(join(root, "secret.txt"), "secret");
  return { path, remove: () => rmSync(root, { recursive: true }) };
}
