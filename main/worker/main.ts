/**
 * Entry of the node processes that the lab starts; `lightcone node` is the same command.
 *
 * Five of them are to be up within a second on two cores, so compiled code is kept from one start to the next. It is
 * written out once the node runs, because most nodes of a lab are killed and never come to an orderly exit.
 */
import { enableCompileCache, flushCompileCache } from "node:module";

enableCompileCache();
const { nodeCommand } = await import("./command.ts");
const flush = setTimeout(flushCompileCache, 2_000);
flush.unref();
await nodeCommand().name("lightcone node").parseAsync();
