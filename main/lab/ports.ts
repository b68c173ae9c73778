/**
 * Loopback ports for nodes, chosen once and kept over restarts.
 *
 * The obvious way, listening on port 0, hands out ports of the range from which the system also takes the near ends
 * of outgoing connections. While a node is down another one's connection may then sit on its port, so that it cannot
 * start again, or a peer that keeps trying to reach the dead node may even connect to itself. So ports are taken from
 * below that range.
 */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { LabError } from "../../shared/contract/errors.ts";

export const loopback = "127.0.0.1";
const lowest = 10_000;
/** Linux begins its range at 32768, others later. */
const highest = 32_000;
const attemptsMax = 200;

/** Different ports on which nobody listens now and that are not among `taken`. */
export async function freePorts(count: number, taken: ReadonlySet<number>): Promise<number[]> {
  const held = new Map<number, Server>();
  try {
    for (let attempt = 0; held.size < count; attempt += 1) {
      if (attempt > attemptsMax + count) {
        throw new LabError(
          "port_in_use",
          "No free ports were found on this machine: close some programs and try again.",
        );
      }
      const port = randomInt(lowest, highest);
      if (held.has(port) || taken.has(port)) continue;
      const server = await listen(port);
      if (server !== null) held.set(port, server);
    }
    return [...held.keys()];
  } finally {
    await Promise.all([...held.values()].map((server) => new Promise((done) => server.close(done))));
  }
}

function listen(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ port, host: loopback, exclusive: true }, () => resolve(server));
  });
}
