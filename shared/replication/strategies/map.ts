/**
 * A map: clients read and write a JSON object. Fields are merged one by one; of concurrent values of one field the one
 * with the highest stamp is shown, and the next write that has read it ends the others.
 */
import { compareTimes } from "../../clock/hybrid.ts";
import { ofItems } from "./items.ts";
import { canonical, parseJson } from "./json.ts";
import { compareTags, type Item } from "./observed.ts";

/** The value as canonical JSON, and the stamp of the write. */
type Field = readonly [name: string, value: string, at: number, tick: number];

export const map = ofItems<Field>({
  name: "A map",
  itemsName: "fields",
  isPayload: (payload) => Array.isArray(payload) && payload.length === 4,

  change(shown, value, { at, tick = 0 }) {
    const object = parseJson(value);
    if (typeof object !== "object" || object === null || Array.isArray(object)) {
      return `A map takes a JSON object like {"milk": 2}.`;
    }
    if (Object.keys(object).some((name) => !name.isWellFormed())) {
      return "A field of a map has a name of well-formed Unicode.";
    }
    const winners = new Map(shownFields(shown).map((item) => [item[3][0], item]));
    const kept: Item<Field>[] = [];
    const added: Field[] = [];
    for (const [name, field] of Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const text = canonical(field);
      const winner = winners.get(name);
      if (winner?.[3][1] === text) kept.push(winner);
      else added.push([name, text, at, tick]);
    }
    return { kept, added };
  },

  show(items) {
    const fields = shownFields(items).map(([, , , [name, value]]) => `${JSON.stringify(name)}:${value}`);
    return `{${fields.join(",")}}`;
  },
});

/** One item per field, by name. */
function shownFields(items: readonly Item<Field>[]): Item<Field>[] {
  const winners = new Map<string, Item<Field>>();
  for (const item of items) {
    const other = winners.get(item[3][0]);
    if (other === undefined || compareItems(item, other) > 0) winners.set(item[3][0], item);
  }
  return [...winners.values()].sort(([, , , [a]], [, , , [b]]) => (a < b ? -1 : a > b ? 1 : 0));
}

function compareItems(a: Item<Field>, b: Item<Field>): number {
  const [aAt, aTick, bAt, bTick] = [a[3][2], a[3][3], b[3][2], b[3][3]];
  return compareTimes({ at: aAt, tick: aTick }, { at: bAt, tick: bTick }) || compareTags(a, b);
}
