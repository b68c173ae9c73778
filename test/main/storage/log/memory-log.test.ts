import { MemoryLogSource } from "../../../../main/storage/log/memory-log.ts";
import { logContract, owner } from "./log-contract.ts";

logContract("A log in memory", () => ({ source: new MemoryLogSource(owner), cleanUp: () => {} }));
