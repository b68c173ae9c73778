/**
 * Scenarios that must fail: each with its fault taken away, its order turned round, or a core that breaks the rule it
 * shows. Together they violate every expectation of every demonstration at least once, and what each storm is for.
 */
import type { Mutant } from "./mutants/change.ts";
import { conflicts } from "./mutants/conflicts.ts";
import { disks } from "./mutants/disks.ts";
import { order } from "./mutants/order.ts";
import { replication } from "./mutants/replication.ts";
import { storms } from "./mutants/storms.ts";

export type { Mutant };
export const mutants: readonly Mutant[] = [...order, ...conflicts, ...replication, ...disks, ...storms];
