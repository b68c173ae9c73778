/** Ports of nodes: free when they are chosen, and nobody else's until they are released. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { type HeldPort, holdPorts, loopback } from "../../../main/lab/ports.ts";

/** What is drawn next; at random when there is nothing left. */
const draws = vi.hoisted((): number[] => []);
vi.mock("node:crypto", async (load) => {
  const real = await load<typeof import("node:crypto")>();
  return { ...real, randomInt: (from: number, to: number) => draws.shift() ?? real.randomInt(from, to) };
});

async function hold(count: number): Promise<HeldPort[]> {
  const held = await holdPorts(count);
  onTestFinished(() => {
    for (const each of held) each.release();
  });
  return held;
}

async function listenOn(port: number): Promise<void> {
  const server = createServer().listen(port, loopback);
  onTestFinished(() => void server.close());
  await once(server, "listening");
}

it("gives different ports below those of connections' near ends, and one can listen on them", async () => {
  const ports = (await hold(20)).map(({ port }) => port);
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  for (const port of ports) await listenOn(port);
});

it("passes over a port that somebody listens on", async () => {
  const [free] = (await holdPorts(1)) as [HeldPort];
  await listenOn(free.port);
  free.release();
  draws.push(free.port);
  expect((await hold(1))[0]!.port).not.toBe(free.port);
});

it("passes over a port that is held though nobody listens on it, until it is released", async () => {
  const [first] = (await holdPorts(1)) as [HeldPort];
  draws.push(first.port);
  expect((await hold(1))[0]!.port).not.toBe(first.port);
  first.release();
  draws.push(first.port);
  expect((await hold(1))[0]!.port).toBe(first.port);
});

it("shows other processes that a port is held", async () => {
  const [{ port }] = (await hold(1)) as [HeldPort];
  const other = createSocket("udp4").bind(port, loopback);
  onTestFinished(() => void other.close());
  expect(await once(other, "error")).toMatchObject([{ code: "EADDRINUSE" }]);
});

it("leaves no sign behind when there are too few", async () => {
  const [{ port: taken }] = (await hold(1)) as [HeldPort];
  const [spare] = (await holdPorts(1)) as [HeldPort];
  spare.release();
  draws.push(spare.port, ...Array.from({ length: 300 }, () => taken));
  await expect(holdPorts(2)).rejects.toMatchObject({ code: "port_in_use" });
  draws.length = 0;
  draws.push(spare.port);
  expect((await hold(1))[0]!.port).toBe(spare.port);
});
