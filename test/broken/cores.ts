/**
 * The broken cores: for each rule the one place where it is kept, and what the source says there without it. Rows P1 to
 * P23 are bugs that real systems had. Rules of parts that do not exist yet (consensus, the durable log) come with those
 * parts.
 *
 * Where a storm would need many seeds, the rule has a scenario of its own in ./scenarios, which takes away whatever else
 * would mend what the broken rule spoils.
 */
import { memberCores } from "./cores/members.ts";
import { replicaCores } from "./cores/replicas.ts";
import { treeCores } from "./cores/trees.ts";
import type { BrokenCore } from "./cores/types.ts";
import { versionCores } from "./cores/versions.ts";

export const brokenCores: readonly BrokenCore[] = [
  ...versionCores,
  ...treeCores,
  ...replicaCores,
  ...memberCores,
];
