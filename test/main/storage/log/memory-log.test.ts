import { expect, it } from "vitest";
import { MemoryLogSource } from "../../../../main/storage/log/memory-log.ts";
import { logContract } from "./log-contract.ts";
import { owner, transactionOf } from "./transactions.ts";

logContract("A log in memory", () => ({ source: new MemoryLogSource(owner), cleanUp: () => {} }));

it("drops exactly what nobody holds, and what was held once it is released", () => {
  const { log } = new MemoryLogSource(owner).open(0);
  for (let n = 1; n <= 50; n++) log.append([transactionOf(n)], "synced");
  log.hold("lagging", 9);
  expect(log.dropBefore(40)).toBe(10);
  log.release("lagging");
  expect(log.dropBefore(40)).toBe(40);
});
