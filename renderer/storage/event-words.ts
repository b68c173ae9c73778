/** The lab's acts on the disk of a node in words, for the timeline, the inspector and recordings. */
import { isRecord, number, text } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { faultsTold } from "./disk-faults.ts";

/** A sentence; null for any other event. */
export function diskSentence({ name, detail }: RecordedEvent): string | null {
  const node = text(detail?.["node"]) ?? "a node";
  switch (name) {
    case "disk": {
      if (detail?.["power-cut"] === true)
        return `The lab cut the power of ${node}: what it had not flushed is gone.`;
      if (detail?.["heal"] === true) return `The lab healed the disk of ${node}.`;
      const told = faultsTold(detail);
      return `The lab broke the disk of ${node}${told.length === 0 ? "" : `: ${told.join("; ")}`}.`;
    }
    case "damage":
      return `The lab broke ${text(detail?.["file"]) ?? "a file"} of ${node}: ${damageWords(detail)}.`;
    case "disk-copy":
      return `The lab keeps a copy of the directory of ${node} as “${text(detail?.["label"]) ?? "?"}”.`;
    case "old-disk":
      return `The lab put an old copy of the directory of ${node} back: “${text(detail?.["of"]) ?? "?"}”.`;
    case "wipe":
      return `The lab wiped the disk of ${node}.`;
    default:
      return null;
  }
}

/** A few words for a flag; null for any other event. */
export function diskFlag({ name, detail }: RecordedEvent): string | null {
  const node = text(detail?.["node"]) ?? "";
  switch (name) {
    case "disk":
      if (detail?.["power-cut"] === true) return `power cut ${node}`;
      if (detail?.["heal"] === true) return `heal disk ${node}`;
      return `${shortly(detail)} ${node}`;
    case "damage":
      return `break ${text(detail?.["file"]) ?? "a file"} of ${node}`;
    case "disk-copy":
      return `copy disk ${node}`;
    case "old-disk":
      return `old disk ${node}`;
    case "wipe":
      return `wipe disk ${node}`;
    default:
      return null;
  }
}

function shortly(detail: RecordedEvent["detail"]): string {
  const failing = detail?.["fail"];
  if (isRecord(failing)) return `fail ${text(failing["operation"]) ?? "disk"}`;
  if (detail?.["full"] === true) return "full disk";
  if ((number(detail?.["slow"]) ?? 0) > 0) return "slow disk";
  return "break disk";
}

function damageWords(detail: RecordedEvent["detail"]): string {
  const at = (field: string) => number(detail?.[field]) ?? "?";
  switch (text(detail?.["kind"])) {
    case "record":
      return `one bit of the record at ${at("offset")} is turned over`;
    case "flip-bit":
      return `bit ${at("bit")} of byte ${at("offset")} is turned over`;
    case "truncate":
      return `it ends after ${at("bytes")} bytes`;
    case "zero":
      return `${at("bytes")} bytes from byte ${at("offset")} on are zero`;
    case "swap":
      return `${at("bytes")} bytes from byte ${at("offset")} and from byte ${at("other")} changed places`;
    default:
      return "some of its bytes are others";
  }
}
