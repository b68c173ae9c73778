/** Some of a table's keys: what a query returns and a subscription watches. Keys are ordered by their UTF-16 units. */
import { z } from "zod";

const bound = z.string().max(1_024);

/** Everything when nothing is said. */
export const keyRangeSchema = z
  .strictObject({
    key: bound.optional(),
    prefix: bound.optional(),
    /** Inclusive. */
    from: bound.optional(),
    /** Exclusive. */
    to: bound.optional(),
  })
  .refine(
    ({ key, prefix, from, to }) =>
      [key !== undefined, prefix !== undefined, from !== undefined || to !== undefined].filter(Boolean)
        .length <= 1,
    "say one of: a key, a prefix, or from and to",
  );
export type KeyRange = z.infer<typeof keyRangeSchema>;

export function isInRange(name: string, { key, prefix, from, to }: KeyRange): boolean {
  if (key !== undefined) return name === key;
  if (prefix !== undefined) return name.startsWith(prefix);
  return (from === undefined || name >= from) && (to === undefined || name < to);
}
