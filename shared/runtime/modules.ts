/** The modules that every node has. */
import type { Module } from "./module.ts";
import { bank } from "./modules/bank.ts";
import { counter } from "./modules/counter.ts";
import { kv, node } from "./modules/core.ts";

export const builtInModules: readonly Module[] = [bank, counter, kv, node];
