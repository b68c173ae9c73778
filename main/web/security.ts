/**
 * Who may speak to the browser host. The lab kills processes and reads files, and it listens on a port every page the
 * person has open can reach; so each request must prove three things:
 * - it was sent to this machine by name (Host): a foreign name that was made to point at 127.0.0.1 (DNS rebinding)
 *   carries the foreign name;
 * - it comes from a page this host served, or from no page at all (Origin);
 * - for the lab and its files: it knows the token of the printed address.
 *
 * The headers then keep the served page itself from loading, sending or being framed by anything else.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { labProtocol } from "../../shared/contract/web-socket.ts";

export function securityHeaders(port: number): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    // Not every browser takes 'self' to cover WebSockets of the same origin.
    `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
  };
}

const namesOfHere = ["127.0.0.1", "localhost"];

/** Null when the request comes from where it may, else a sentence for whoever sent it. */
export function objection(request: IncomingMessage, port: number): string | null {
  const hosts = namesOfHere.map((name) => `${name}:${port}`);
  const { host, origin } = request.headers;
  if (host === undefined || !hosts.includes(host)) {
    return "This lab answers only to the address it printed.";
  }
  const isUpgrade = request.headers.upgrade !== undefined;
  const isOwn = origin === undefined ? !isUpgrade : hosts.some((name) => origin === `http://${name}`);
  return isOwn ? null : "A page from elsewhere may not speak to this lab.";
}

/** A window offers two protocols, the lab's own and the token: a browser can put it into no other header. */
export function offeredToken(request: IncomingMessage): string | null {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  return offered.includes(labProtocol) ? (offered.find((name) => name !== labProtocol) ?? null) : null;
}

export function bearerToken(request: IncomingMessage): string | null {
  return /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? null;
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Takes as long for a nearly right token as for a wrong one. */
export function isToken(given: string | null, token: string): boolean {
  return given !== null && timingSafeEqual(digest(given), digest(token));
}
