/** The replication part of the new-cluster form: what is typed, what is wrong with it, and what is sent. */
import { conflictStrategies } from "../../shared/clock/strategies.ts";
import { replicationDefaults, type ReplicationSettings } from "../../shared/replication/settings.ts";

export type Strategy = (typeof conflictStrategies)[number];

export interface ReplicationForm {
  readonly sloppy: boolean;
  readonly hints: boolean;
  readonly readRepair: ReplicationSettings["readRepair"];
  /** Seconds, as typed. */
  readonly antiEntropy: string;
  readonly conflicts: readonly { readonly prefix: string; readonly strategy: Strategy }[];
}

const secondMs = 1_000;

export const firstReplication: ReplicationForm = {
  sloppy: replicationDefaults.sloppy,
  hints: replicationDefaults.hints,
  readRepair: replicationDefaults.readRepair,
  antiEntropy: String(replicationDefaults.antiEntropyInterval / secondMs),
  conflicts: [],
};

/** Why it cannot be sent, or null. */
export function replicationProblem({ antiEntropy, conflicts }: ReplicationForm): string | null {
  const seconds = Number(antiEntropy);
  if (antiEntropy.trim() === "" || !Number.isFinite(seconds) || seconds < 0)
    return "Between two comparisons: a number of seconds, 0 for only on command.";
  const prefixes = conflicts.map(({ prefix }) => prefix);
  const twice = prefixes.find((prefix, index) => prefixes.indexOf(prefix) !== index);
  return twice === undefined ? null : `The prefix “${twice}” has two strategies: keep one of them.`;
}

/** Only what differs from the usual. */
export function settingsFrom(form: ReplicationForm): Partial<ReplicationSettings> {
  const antiEntropyInterval = Number(form.antiEntropy) * secondMs;
  const { sloppy, hints, readRepair, conflicts } = form;
  const wanted = { sloppy, hints, readRepair, antiEntropyInterval };
  const differing = Object.entries(wanted).filter(
    ([name, value]) => value !== replicationDefaults[name as keyof typeof wanted],
  );
  return {
    ...Object.fromEntries(differing),
    ...(conflicts.length > 0 && {
      conflicts: Object.fromEntries(conflicts.map(({ prefix, strategy }) => [prefix, strategy])),
    }),
  };
}
