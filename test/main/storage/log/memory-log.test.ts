import { MemoryLogSource } from "../../../../main/storage/log/memory-log.ts";
import { logContract } from "./log-contract.ts";
import { owner } from "./transactions.ts";

logContract("A log in memory", () => ({ source: new MemoryLogSource(owner), cleanUp: () => {} }));
