/**
 * Loopback ports for nodes, chosen once and kept over restarts.
 *
 * The obvious way, listening on port 0, hands out ports of the range from which the system also takes the near ends
 * of outgoing connections. While a node is down another one's connection may then sit on its port, so that it cannot
 * start again, or a peer that keeps trying to reach the dead node may even connect to itself. So ports are taken from
 * below that range.
 *
 * Nobody listens on a port between its choice and its node's start, nor while the node is down, and another lab might
 * choose it then. So the UDP port of the same number is held for as long as the node has its place: a sign among labs,
 * on which nothing is ever sent.
 */
import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";
import { LabError } from "../../shared/contract/errors.ts";

export const loopback = "127.0.0.1";
const lowest = 10_000;
/** Linux begins its range at 32768, others later. */
const highest = 32_000;
const attemptsMax = 200;

/** No other lab is given this port until it is released or this process ends. */
export interface HeldPort {
  readonly port: number;
  release(): void;
}

/** Ports on which nobody listens now. Rejects with LabError when there are too few. */
export async function holdPorts(count: number): Promise<HeldPort[]> {
  const held: HeldPort[] = [];
  for (let attempt = 0; held.length < count; attempt += 1) {
    if (attempt > attemptsMax + count) {
      for (const each of held) each.release();
      throw new LabError(
        "port_in_use",
        "No free ports were found on this machine: close some programs and try again.",
      );
    }
    const port = randomInt(lowest, highest);
    const sign = await putUpSign(port);
    if (sign === null) continue;
    if (await isFree(port)) held.push({ port, release: () => void sign.close() });
    else sign.close();
  }
  return held;
}

/** Null when another one is there. */
function putUpSign(port: number): Promise<Pick<Socket, "close"> | null> {
  return new Promise((resolve) => {
    const sign = createSocket("udp4");
    sign.once("error", ({ code }: NodeJS.ErrnoException) => {
      sign.close();
      // Where the system lets nobody put up signs, a port is as good without.
      resolve(code === "EADDRINUSE" ? null : { close: () => sign });
    });
    sign.bind({ port, address: loopback, exclusive: true }, () => {
      sign.unref();
      resolve(sign);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: loopback, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
