/** Steps, acts and conditions in words, as the player and messages show them. */
import type { TimeMs } from "../ids.ts";
import { listed } from "./expectations/ranges.ts";
import { describeMatch } from "./expectations/words.ts";
import type { Action, Condition, Step } from "./schema.ts";

/** A step says at most this many of its acts. */
const actsMax = 3;
const textMax = 60;

const quoted = (text: string) => `"${text.length > textMax ? `${text.slice(0, textMax - 1)}…` : text}"`;

/** What a step does: "A tells B "m1", then kill A". */
export function stepWords({ do: actions, repeat }: Step): string {
  const shown = actions.slice(0, actsMax).map(actionWords);
  const more = actions.length - shown.length;
  const all = `${shown.join(", then ")}${more > 0 ? `, and ${more} more` : ""}`;
  return repeat === undefined || repeat.times === 1 ? all : `${repeat.times} times: ${all}`;
}

/** 250 ms, 5 s, 24 h. */
export function durationWords(ms: TimeMs): string {
  const [amount, unit] =
    ms >= 3_600_000 ? [ms / 3_600_000, "h"] : ms >= 1_000 ? [ms / 1_000, "s"] : [ms, "ms"];
  return `${Number(amount.toFixed(3))} ${unit}`;
}

/** One act: "put "v" under k at A". */
export function actionWords(action: Action): string {
  const { name } = action;
  switch (name) {
    case "put": {
      const { node, key, value } = action.value;
      return `put ${quoted(value)} under ${key} at ${node}`;
    }
    case "get":
    case "delete":
      return `${name} ${action.value.key} at ${action.value.node}`;
    case "fill":
      return `write ${action.value.keys} keys at ${action.value.node}`;
    case "mint":
      return `a new number from ${action.value.node}`;
    case "local":
      return `${action.value.node} does ${quoted(action.value.text)}`;
    case "tell":
      return `${action.value.node} tells ${action.value.to} ${quoted(action.value.text)}`;
    case "broadcast": {
      const { node, text, order } = action.value;
      return `${node} broadcasts ${quoted(text)}${order === "unordered" ? "" : ` in ${order} order`}`;
    }
    case "note":
      return action.value;
    case "snapshot":
      return `snapshot ${quoted(action.value)}`;
    default:
      return faultWords(action);
  }
}

type CallName =
  | "put"
  | "get"
  | "delete"
  | "fill"
  | "mint"
  | "local"
  | "tell"
  | "broadcast"
  | "note"
  | "snapshot";
type Fault = Exclude<Action, { readonly name: CallName }>;

function faultWords(action: Fault): string {
  const { name } = action;
  switch (name) {
    case "kill":
    case "pause":
    case "resume":
    case "stop":
    case "add":
    case "remove":
    case "isolate":
      return `${name} ${action.value}`;
    case "wipe":
      return `wipe the disk of ${action.value}`;
    case "restart":
      return `restart ${action.value.node}${action.value.clock === "lose" ? " without its clock" : ""}`;
    case "old-disk":
      return `give ${action.value.node} its disk of ${quoted(action.value.of)} back`;
    case "partition":
      return `partition ${action.value.groups.map((side) => side.join(" ")).join(" | ")}`;
    case "cut":
    case "clog":
      return `${name} ${action.value.from} → ${action.value.to}`;
    case "compare":
      return `${action.value.node} compares its Merkle trees with ${action.value.with}`;
    case "flap": {
      const { from, to, up, down } = action.value;
      return `flap ${from} ↔ ${to}, ${durationWords(down)} down and ${durationWords(up)} up`;
    }
    case "heal":
      return action.value === "all" ? "heal everything" : "heal the cuts";
    case "end-rule":
      return `end the rule ${quoted(action.value)}`;
    case "link":
      return linkWords(action.value);
    case "rule":
      return ruleWords(action.value);
    case "clock": {
      const { node, offset, drift } = action.value;
      const drifting = drift === 0 ? "" : `, drifting by ${drift} ppm`;
      return `set the clock of ${node} ${offset < 0 ? "back" : "forward"} by ${durationWords(Math.abs(offset))}${drifting}`;
    }
    case "disk":
      return diskWords(action.value);
  }
}

type ValueOf<Name extends Fault["name"]> = Extract<Fault, { readonly name: Name }>["value"];

function linkWords({ from, to, latency, loss, duplicate, reorder, blocked }: ValueOf<"link">): string {
  const changes: string[] = [];
  if (latency === null) changes.push("no delay");
  else if (latency?.kind === "constant") changes.push(`delay ${durationWords(latency.ms)}`);
  else if (latency?.kind === "uniform")
    changes.push(`delay ${durationWords(latency.minMs)} to ${durationWords(latency.maxMs)}`);
  else if (latency !== undefined) changes.push(`delay ${durationWords(latency.meanMs)} on average`);
  if (loss !== undefined) changes.push(`loss ${percent(loss)}`);
  if (duplicate !== undefined) changes.push(`duplicates ${percent(duplicate)}`);
  if (reorder !== undefined) changes.push(`reordering ${percent(reorder)}`);
  if (blocked !== undefined) changes.push(blocked ? "blocked" : "open");
  const where =
    from === undefined && to === undefined ? "every link" : `link ${from ?? "any"} → ${to ?? "any"}`;
  return `${where}: ${listed(changes)}`;
}

const percent = (share: number) => `${Number((100 * share).toFixed(2))} %`;

function ruleWords({ do: what, message, from, to, key, nth, times, by }: ValueOf<"rule">): string {
  const which =
    nth === undefined ? (times === undefined ? "every" : `the first ${times}`) : `message ${nth} of`;
  const words = [what, which, message ?? "message"];
  if (nth !== undefined && times !== undefined) words.push(`(${times} of them)`);
  if (key !== undefined) words.push(`for ${key}`);
  if (from !== undefined) words.push(`from ${from}`);
  if (to !== undefined) words.push(`to ${to}`);
  if (what === "delay") words.push(`by ${durationWords(by ?? 0)}`);
  return words.join(" ");
}

function diskWords({ node, slow, full, fail, tear, rot }: ValueOf<"disk">): string {
  const changes: string[] = [];
  if (slow !== undefined) changes.push(slow === 0 ? "as fast as ever" : `${durationWords(slow)} a flush`);
  if (full !== undefined) changes.push(full ? "full" : "no longer full");
  if (fail !== undefined) changes.push(failureWords(fail));
  if (tear !== undefined) changes.push(tear ? "tears at the next crash" : "no longer tears");
  if (rot !== undefined) changes.push(`${rot} values rot`);
  return `disk of ${node}: ${listed(changes)}`;
}

const operationWords = {
  write: ["write", "writes"],
  sync: ["flush", "flushes"],
  rename: ["rename", "renames"],
} as const;

function failureWords({ operation, nth, lasts }: NonNullable<ValueOf<"disk">["fail"]>): string {
  const [one, several] = operationWords[operation];
  const which = nth === 1 ? `the next ${one}` : `number ${nth} of the next ${several}`;
  return `${which} fails${lasts === "always" ? ", and all after it" : ""}`;
}

/** What a `when` waits for. */
export function conditionWords(condition: Condition): string {
  if ("event" in condition) {
    const { nth = 1, ...match } = condition.event;
    return `${nth === 1 ? "" : `number ${nth} of `}${describeMatch(match)}`;
  }
  if ("idle" in condition) return "no client operation to be under way";
  const { settled } = condition;
  return settled === true
    ? "every running node to see exactly the running nodes alive"
    : `every running node to see exactly ${listed(settled)} alive`;
}
