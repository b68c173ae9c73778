/**
 * How the ring tells up to 32 nodes apart: eight hues that survive the common colour blindnesses, times four fills,
 * and always the node's name beside it. Only the ring paints nodes; the timeline's colours mean operations.
 */
const hueCount = 8;
export const fills = ["solid", "stripes", "dots", "cross"] as const;
type Fill = (typeof fills)[number];

export interface NodeLook {
  readonly hue: number;
  readonly fill: Fill;
}

export function lookOf(index: number): NodeLook {
  return { hue: index % hueCount, fill: fills[Math.floor(index / hueCount) % fills.length]! };
}

/** The part that tells nodes apart, for where the whole name has no room: "3" of "node-3". */
export function shortName(node: string): string {
  const tail = node.split(/[-._]/).at(-1) ?? node;
  return tail.length === 0 || tail.length > 4 ? node.slice(0, 4) : tail;
}
