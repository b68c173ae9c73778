/**
 * `lightcone://app/…`: the window's own files, and no others.
 *
 * A `file://` page may read every file of the person and has no origin to check; a scheme of our own has an origin,
 * takes a content security policy, and serves one folder. A path is judged after it has been decoded and every link in
 * it followed, because that is the file that would be read.
 */
import { readFile, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";

export const scheme = "lightcone";
export const startPage = `${scheme}://app/desktop.html`;

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const headers = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** True for a page of ours; the origin of a scheme like this one is "null" to URL, so its parts are compared. */
export function isOwnUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === `${scheme}:` && url.host === "app";
}

type Answer = (request: { readonly url: string; readonly method: string }) => Promise<Response>;

export function serveFolder(folder: string): Answer {
  return async ({ url, method }) => {
    if (method !== "GET" || !isOwnUrl(url)) return refusal(403);
    const file = await containedFile(folder, new URL(url).pathname);
    const type = file === null ? undefined : contentTypes[extname(file)];
    if (file === null || type === undefined) return refusal(404);
    return new Response(await readFile(file), { headers: { ...headers, "Content-Type": type } });
  };
}

const refusal = (status: number) => new Response(null, { status, headers });

/** The file a path means, or null when there is none inside the folder. */
async function containedFile(folder: string, path: string): Promise<string | null> {
  try {
    const decoded = decodeURIComponent(path);
    if (/[\0\\]/.test(decoded)) return null;
    const root = await realpath(folder);
    const file = await realpath(join(root, decoded));
    return file.startsWith(root + sep) ? file : null;
  } catch {
    // Not to be decoded, or not there: to the window both are a file that does not exist.
    return null;
  }
}
