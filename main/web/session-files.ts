/**
 * Sessions as files for a window that is a page: it cannot name a path on the person's disk, so it is sent the file
 * (GET /sessions/ID) or sends one (POST /sessions/NAME).
 *
 * Only ids the lab itself lists are looked up, so no path a page sends ever reaches the file system. A download is a
 * copy made by the lab: the file of a running recording alone lacks what still lies in its write-ahead log.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CommandResults } from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { LabService } from "../../shared/contract/server.ts";

const sessionFileBytesMax = 4 * 1024 ** 3;

export async function serveSessionFile(
  lab: LabService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let folder: string | null = null;
  try {
    folder = await mkdtemp(join(tmpdir(), "lightcone-session-"));
    const name = nameIn(request.url ?? "");
    if (request.method === "GET") await download(lab, name, folder, response);
    else if (request.method === "POST") await upload(lab, name, request, folder, response);
    else throw new LabError("bad_input", "A session file can be got with GET and sent with POST.");
  } catch (error) {
    if (response.headersSent) response.destroy();
    else if (error instanceof LabError)
      sendError(response, error.code === "unknown_session" ? 404 : 400, error);
    else sendError(response, 500, new LabError("internal", `The file could not be moved: ${String(error)}`));
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

function nameIn(url: string): string {
  const coded = /^\/sessions\/([^/?#]+)$/.exec(url)?.[1] ?? "";
  try {
    return decodeURIComponent(coded);
  } catch {
    return "";
  }
}

async function download(
  lab: LabService,
  id: string,
  folder: string,
  response: ServerResponse,
): Promise<void> {
  const path = join(folder, "copy.lightcone");
  const { sessions } = (await lab.dispatch("session.list", {})) as CommandResults["session.list"];
  const session = sessions.find((known) => known.id === id);
  if (session === undefined) throw new LabError("unknown_session", `There is no session "${id}".`);
  await lab.dispatch("session.export", { session: id, path });
  const name = encodeURIComponent(`${session.name}.lightcone`);
  response.writeHead(200, {
    "Content-Type": "application/vnd.sqlite3",
    "Content-Length": (await stat(path)).size,
    "Content-Disposition": `attachment; filename*=UTF-8''${name}`,
  });
  await pipeline(createReadStream(path), response);
}

async function upload(
  lab: LabService,
  name: string,
  request: IncomingMessage,
  folder: string,
  response: ServerResponse,
): Promise<void> {
  // The lab names the session after the file; nothing but letters, digits and harmless marks reach the disk.
  const safeName = name
    .replace(/\.lightcone$/, "")
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "_")
    .slice(0, 100);
  const path = join(folder, `${safeName || "session"}.lightcone`);
  await pipeline(request, limited, createWriteStream(path, { mode: 0o600 }));
  const session = await lab.dispatch("session.import", { path });
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(session));
}

async function* limited(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > sessionFileBytesMax)
      throw new LabError("bad_input", "A session file may hold at most 4 GiB.");
    yield chunk;
  }
}

function sendError(response: ServerResponse, status: number, error: LabError): void {
  response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
  response.end(JSON.stringify({ code: error.code, message: error.message }));
}
