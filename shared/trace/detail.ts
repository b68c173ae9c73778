/** Reads fields of an event's detail, which may come from a file or a program that is not ours: wrong types read as absent. */
import type { Json } from "./event.ts";

export const text = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);
export const number = (value: Json | undefined): number | null => (typeof value === "number" ? value : null);
export const texts = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((item: Json): item is string => typeof item === "string") : [];

export function isRecord(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numbers(value: Json | undefined): Record<string, number> {
  const counts: Record<string, number> = {};
  if (isRecord(value)) {
    for (const [name, count] of Object.entries(value)) if (typeof count === "number") counts[name] = count;
  }
  return counts;
}
