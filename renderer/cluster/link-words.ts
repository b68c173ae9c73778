/** Link settings and counts in words and numbers, and the edits the editor makes to them. */
import {
  type Latency,
  type LinkCounts,
  type LinkSettings,
  restingLink,
} from "../../shared/contract/state.ts";

const number = (value: number): string => String(Math.round(value * 10) / 10);

function latencyText(latency: Latency): string {
  switch (latency.kind) {
    case "constant":
      return `${number(latency.ms)} ms`;
    case "uniform":
      return `${number(latency.minMs)}–${number(latency.maxMs)} ms`;
    case "exponential":
      return `~${number(latency.meanMs)} ms`;
  }
}

const shareText = (share: number): string => `${number(share * 100)} %`;

export function isResting(settings: LinkSettings): boolean {
  return !settings.blocked && !isImpaired(settings);
}

/** Slowed, lossy, duplicating or reordering, whether it is blocked besides or not. */
export function isImpaired({ latency, loss, duplicate, reorder }: LinkSettings): boolean {
  return latency !== null || loss > 0 || duplicate > 0 || reorder > 0;
}

/** The settings that are not at rest, as short texts, worst first. */
export function settingTexts(settings: LinkSettings): string[] {
  const texts: string[] = [];
  if (settings.latency !== null) texts.push(latencyText(settings.latency));
  if (settings.loss > 0) texts.push(`${shareText(settings.loss)} lost`);
  if (settings.duplicate > 0) texts.push(`${shareText(settings.duplicate)} twice`);
  if (settings.reorder > 0) texts.push(`${shareText(settings.reorder)} overtaken`);
  return texts;
}

/** Counts above a thousand with three digits and a letter: 4127 is "4.13 k". */
export function countText(count: number): string {
  if (count < 1000) return String(count);
  const [divisor, letter] = count < 1e6 ? [1e3, "k"] : [1e6, "M"];
  return `${(count / divisor).toPrecision(3)} ${letter}`;
}

/** All of one ordered link in one sentence. */
export function describeLink(
  from: string,
  to: string,
  settings: LinkSettings,
  counts: LinkCounts | null,
): string {
  const state = [settings.blocked ? "blocked" : "open", ...settingTexts(settings)].join(", ");
  const seen =
    counts === null
      ? ""
      : `; ${countText(counts.sent)} sent, ${countText(counts.blocked)} blocked, ${countText(counts.lost)} lost`;
  return `${from} to ${to}: ${state}${seen}`;
}

export type LatencyKind = Latency["kind"] | "none";

/** The same typical delay in another shape, so that changing the shape keeps what was typed. */
export function withLatencyKind(latency: Latency | null, kind: LatencyKind): Latency | null {
  const typical = latency === null ? 50 : typicalMs(latency);
  switch (kind) {
    case "none":
      return null;
    case "constant":
      return { kind, ms: typical };
    case "uniform":
      return { kind, minMs: Math.round(typical / 2), maxMs: Math.round(typical * 1.5) };
    case "exponential":
      return { kind, meanMs: typical };
  }
}

function typicalMs(latency: Latency): number {
  switch (latency.kind) {
    case "constant":
      return latency.ms;
    case "uniform":
      return (latency.minMs + latency.maxMs) / 2;
    case "exponential":
      return latency.meanMs;
  }
}

/** What is wrong with the settings, in one sentence; null when nothing is. */
export function settingsProblem({ latency, loss, duplicate, reorder }: LinkSettings): string | null {
  const times =
    latency === null
      ? []
      : latency.kind === "constant"
        ? [latency.ms]
        : latency.kind === "uniform"
          ? [latency.minMs, latency.maxMs]
          : [latency.meanMs];
  if (times.some((ms) => !(ms >= 0 && ms <= 60_000))) return "A latency lies between 0 and 60,000 ms.";
  if (latency?.kind === "uniform" && latency.minMs > latency.maxMs)
    return "The shortest latency is longer than the longest one.";
  if ([loss, duplicate, reorder].some((share) => !(share >= 0 && share <= 1)))
    return "A share lies between 0 and 100 %.";
  return null;
}

/** Only what differs from `before`: the parameters of one link.set. */
export function changedSettings(before: LinkSettings, after: LinkSettings): Partial<LinkSettings> {
  const changed = (Object.keys(restingLink) as (keyof LinkSettings)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, after[name]]));
}
