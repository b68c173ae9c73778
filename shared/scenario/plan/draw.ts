/** Draws from one source of chance. */
import { createRandom } from "../../replica/random.ts";

export interface Draw {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** Whole milliseconds, or whatever the unit is, from `low` to `high`. */
  between(low: number, high: number): number;
  /** Hundredths from `low` to `high`: a share that is short in a file. */
  share(low: number, high: number): number;
  exponential(mean: number): number;
  one<Item>(items: readonly Item[]): Item;
  /** Two different ones. */
  two<Item>(items: readonly Item[]): readonly [Item, Item];
  shuffled<Item>(items: readonly Item[]): Item[];
  /** A name, as often as its weight says. At least one weight is above zero. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
}

export function drawFrom(seed: number): Draw {
  const random = createRandom(seed);
  const below = (end: number) => Math.floor(random() * end);
  const between = (low: number, high: number) => {
    const least = Math.ceil(low);
    return least + below(Math.max(1, Math.floor(high) - least + 1));
  };
  return {
    below,
    between,
    share: (low, high) => between(Math.round(low * 100), Math.round(high * 100)) / 100,
    exponential: (mean) => -mean * Math.log(1 - random()),
    one: (items) => items[below(items.length)]!,
    two: (items) => {
      const first = below(items.length);
      const second = (first + 1 + below(items.length - 1)) % items.length;
      return [items[first]!, items[second]!];
    },
    // Source: Fisher and Yates; Durstenfeld 1964, "Algorithm 235: Random permutation".
    shuffled: (items) => {
      const mixed = [...items];
      for (let last = mixed.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
      }
      return mixed;
    },
    weighted: (weights) => {
      const names = Object.entries<number>(weights).filter(([, weight]) => weight > 0);
      let rest = random() * names.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of names) {
        rest -= weight;
        if (rest < 0) return name as keyof typeof weights;
      }
      return names.at(-1)![0] as keyof typeof weights;
    },
  };
}
