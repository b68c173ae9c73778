/** The largest: clients write numbers, and readers are shown the largest that was not deleted before it could be seen. */
import type { Version } from "../../clock/dotted.ts";
import { canonical, parseJson } from "./json.ts";
import { merged } from "./merged.ts";

export const max = merged<number | "deleted">({
  known: ({ value }) => (value === null ? "deleted" : numberOf(value)),

  write(known, version): Version | { code: "bad_value"; message: string } {
    if (version.value === null) return version;
    const number = numberOf(version.value);
    if (number === null) return { code: "bad_value", message: "A maximum takes a number like 42 or 0.5." };
    return { ...version, value: largest([...known, number]) };
  },

  read: (known) => largest(known),
});

function numberOf(text: string): number | null {
  const number = parseJson(text);
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

const largest = (known: readonly (number | "deleted")[]) =>
  canonical(known.reduce<number>((top, each) => (each === "deleted" ? top : Math.max(top, each)), -Infinity));
