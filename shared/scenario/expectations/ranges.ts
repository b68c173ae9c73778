/** "count", "at-least" and "at-most" of an expectation, and the sentences about them. */
interface Numbers {
  readonly count?: number | undefined;
  readonly "at-least"?: number | undefined;
  readonly "at-most"?: number | undefined;
}

interface Range {
  readonly least: number;
  readonly most: number;
  /** "exactly 2", "at least 1", "2 to 5". */
  readonly words: string;
}

/** What was asked for; where nothing was said, at least `usual`. */
export function rangeOf(numbers: Numbers, usual = 1): Range {
  const { count, "at-least": atLeast, "at-most": atMost } = numbers;
  if (count !== undefined) return { least: count, most: count, words: `exactly ${count}` };
  if (atLeast === undefined && atMost === undefined) {
    return { least: usual, most: Infinity, words: `at least ${usual}` };
  }
  const least = atLeast ?? 0;
  const most = atMost ?? Infinity;
  if (atMost === undefined) return { least, most, words: `at least ${least}` };
  return { least, most, words: atLeast === undefined ? `at most ${most}` : `${least} to ${most}` };
}

const isWithin = (count: number, { least, most }: Range) => count >= least && count <= most;

/** `more`: how many further ones there may be, of which the record cannot say. */
export function verdictOn(range: Range, count: number, more = 0): "holds" | "violated" | "unknown" {
  if (more === 0) return isWithin(count, range) ? "holds" : "violated";
  if (count >= range.least && count + more <= range.most) return "holds";
  return count > range.most || count + more < range.least ? "violated" : "unknown";
}

/** 1 event, 2 events. `many` where an s is not enough. */
export const counted = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

/** a, b and c. */
export function listed(names: readonly string[], last = "and"): string {
  if (names.length < 2) return names[0] ?? "none";
  return `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
}
