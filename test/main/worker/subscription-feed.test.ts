/** What a reader of subscriptions can make the node hold for it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { LogError } from "../../../main/storage/log/transaction-log.ts";
import { SubscriptionFeed } from "../../../main/worker/subscription-feed.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { checkModules } from "../../../shared/runtime/schema.ts";
import { eventually } from "./cluster.ts";
import { Subscriber } from "./subscriber.ts";

let server: Server | undefined;
afterEach(() => server?.close());

it.each([
  ["damaged", "damaged"],
  ["io", "damaged"],
  ["compacted", "compacted"],
] as const)('who is read to where the log fails as %s is told "%s", and what to do', async (kind, code) => {
  const read = () => {
    throw new LogError(kind, "Transaction 3 fails its checksum.");
  };
  const feed = new SubscriptionFeed({ id: "log-1", first: 1, last: 9, read }, checkModules(builtInModules));
  server = createServer().on("upgrade", (request, socket, head) => void feed.accept(request, socket, head));
  await new Promise<void>((listening) => server!.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const subscriber = await new Subscriber(`127.0.0.1:${port}`, "?module=bank&after=2").open();
  expect(await subscriber.until("error")).toEqual({
    kind: "error",
    id: "bank",
    code,
    message: 'Transaction 3 fails its checksum. Subscribe from "now", then read the rows.',
  });
  await subscriber.end();
  feed.close();
});

it("who asks and does not listen is not heard until it does", async () => {
  const feed = new SubscriptionFeed({ id: "log-1", first: 1, last: 0, read: () => [] }, new Map());
  let line: Socket | undefined;
  server = createServer().on("upgrade", (request, socket, head) => {
    line = socket as Socket;
    void feed.accept(request, socket, head);
  });
  await new Promise<void>((listening) => server!.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const subscriber = await new Subscriber(`127.0.0.1:${port}`).open();

  subscriber.line.pause();
  const questions = 60_000;
  const id = "x".repeat(100);
  for (let asked = 0; asked < questions; asked += 1) subscriber.say({ kind: "unsubscribe", id });
  await eventually("the answers to be in the way", () => line!.writableLength > 256 * 1024);
  let held = -1;
  await eventually("nothing to move any more", () => {
    const before = held;
    held = line!.writableLength + line!.bytesRead;
    return before === held;
  });
  expect(line!.writableLength).toBeLessThan(1024 * 1024);

  subscriber.line.resume();
  await eventually("every answer", () => subscriber.messages.length === questions);
  await subscriber.end();
  feed.close();
});
