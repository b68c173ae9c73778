/** Faults of a running node's disk: what one gesture asks for, how they are told, and which are in force. */
import type { LiveDiskFault } from "../../shared/contract/storage.ts";
import { isRecord, number, text } from "../../shared/trace/detail.ts";
import type { Detail, RecordedEvent } from "../../shared/trace/event.ts";

export interface DiskGesture {
  /** Part of a command's id. */
  readonly name: string;
  readonly label: string;
  /** Words by which the palette finds it. */
  readonly words: string;
  readonly fault: LiveDiskFault;
}

const fail = (operation: "write" | "sync" | "rename", lasts: "once" | "always"): LiveDiskFault => ({
  kind: "fail",
  operation,
  nth: 1,
  lasts,
});

/** The usual ones; the form has the others. */
export const diskGestures: readonly DiskGesture[] = [
  { name: "fail-sync", label: "Fail its next flush", words: "fsync error once", fault: fail("sync", "once") },
  {
    name: "fail-writes",
    label: "Fail all its writes",
    words: "io error eio",
    fault: fail("write", "always"),
  },
  { name: "full", label: "Fill its disk up", words: "full space enospc", fault: { kind: "full" } },
  { name: "slow", label: "Slow its disk by 200 ms", words: "latency", fault: { kind: "slow", ms: 200 } },
];

export const powerCut: DiskGesture = {
  name: "power-cut",
  label: "Cut its power",
  words: "power off crash unflushed",
  fault: { kind: "power-cut" },
};

export const healDisk: DiskGesture = {
  name: "heal",
  label: "Heal its disk",
  words: "mend end faults",
  fault: { kind: "heal" },
};

export const powerQuestion = (node: string) => ({
  title: `Cut the power of ${node}?`,
  text: `Its process ends at once, and what it has written but not flushed is gone for good. What it has acknowledged stays, unless it was told not to flush.`,
  confirm: "Cut the power",
});

const operationWords: Readonly<Record<string, string>> = {
  write: "write",
  sync: "flush",
  rename: "rename",
};

const ordinal = (nth: number) => {
  const ending = nth % 100 > 10 && nth % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][nth % 10] ?? "th");
  return `${nth}${ending}`;
};

function failWords({ operation, nth, lasts }: { operation: string; nth: number; lasts: string }): string {
  const what = operationWords[operation] ?? operation;
  if (lasts === "always")
    return nth === 1 ? `every ${what} fails` : `every ${what} from the ${ordinal(nth)} on fails`;
  return nth === 1 ? `the next ${what} fails` : `the ${ordinal(nth)} ${what} fails`;
}

/** "the next flush fails": in the middle of a sentence. */
export function faultWords(fault: LiveDiskFault): string {
  switch (fault.kind) {
    case "fail":
      return failWords(fault);
    case "full":
      return "the disk is full";
    case "slow":
      return `each write and flush takes ${fault.ms} ms longer`;
    case "heal":
      return "the disk is sound";
    case "power-cut":
      return "the power is cut";
    default:
      return fault satisfies never;
  }
}

/** What the lab's event "disk" tells, one entry for each fault in it. */
export function faultsTold(detail: Detail | undefined): string[] {
  if (detail === undefined) return [];
  const told: string[] = [];
  const slow = number(detail["slow"]);
  if (slow !== null && slow > 0) told.push(faultWords({ kind: "slow", ms: slow }));
  if (detail["full"] === true) told.push(faultWords({ kind: "full" }));
  const failing = detail["fail"];
  if (isRecord(failing))
    told.push(
      failWords({
        operation: text(failing["operation"]) ?? "write",
        nth: number(failing["nth"]) ?? 1,
        lasts: text(failing["lasts"]) ?? "once",
      }),
    );
  if (detail["tear"] === true) told.push("the next crash loses what was not flushed");
  const rot = number(detail["rot"]);
  if (rot !== null && rot > 0) told.push(`${rot === 1 ? "1 record has" : `${rot} records have`} lost a bit`);
  return told;
}

const endings = new Set(["exited", "node-removed", "node-started"]);

/** Which faults each node's disk has at a moment: they end with "heal" and with the process. */
export function faultsInForce(
  events: readonly RecordedEvent[],
  at: number | null,
): ReadonlyMap<string, readonly string[]> {
  const inForce = new Map<string, readonly string[]>();
  for (const { name, detail, at: when } of events) {
    if (at !== null && when > at) break;
    const node = text(detail?.["node"]);
    if (node === null) continue;
    if (endings.has(name) || (name === "disk" && detail?.["heal"] === true)) inForce.delete(node);
    else if (name === "disk") {
      const told = faultsTold(detail);
      const before = (inForce.get(node) ?? []).filter((words) => !told.includes(words));
      if (told.length > 0) inForce.set(node, [...before, ...told]);
    }
  }
  return inForce;
}

/** What is typed in the form of a fault. */
export interface FaultForm {
  readonly kind: "fail" | "full" | "slow";
  readonly operation: "write" | "sync" | "rename";
  readonly nth: string;
  readonly lasts: "once" | "always";
  readonly ms: string;
}

export const firstFault: FaultForm = { kind: "fail", operation: "sync", nth: "1", lasts: "once", ms: "200" };

/** Why it cannot be asked for, or null. */
export function faultProblem({ kind, nth, ms }: FaultForm): string | null {
  if (kind === "fail" && !(/^\d+$/.test(nth.trim()) && Number(nth) >= 1))
    return "Which one fails is a whole number, counted from 1.";
  if (kind === "slow" && !(ms.trim() !== "" && Number(ms) >= 0 && Number(ms) <= 60_000))
    return "A disk may be slower by 0 to 60,000 ms.";
  return null;
}

export function faultFrom({ kind, operation, nth, lasts, ms }: FaultForm): LiveDiskFault {
  switch (kind) {
    case "fail":
      return { kind, operation, nth: Number(nth), lasts };
    case "full":
      return { kind };
    case "slow":
      return { kind, ms: Number(ms) };
    default:
      return kind satisfies never;
  }
}
