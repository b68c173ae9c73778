/** Event matches in words. */
import type { EventMatch } from "../schema.ts";

/** "C receives BROADCAST m2 from A": what a match looks for, in the order in which one would say it. */
export function describeMatch(match: Omit<EventMatch, "nth">): string {
  const { node, type, op, name, peer, key, text, about, status, detail } = match;
  const words: string[] = [];
  if (node !== undefined) words.push(node);
  if (type === "send" || type === "receive") words.push(node === undefined ? type : `${type}s`);
  if (type === "lost") words.push("loses");
  words.push(name ?? (op === undefined ? "any event" : `any ${op} event`));
  if (text !== undefined) words.push(`"${text}"`);
  if (key !== undefined) words.push(`of key ${key}`);
  if (about !== undefined) words.push(`about ${about}`);
  if (status !== undefined) words.push(`as ${status}`);
  if (peer !== undefined) words.push(`${type === "receive" ? "from" : "to"} ${peer}`);
  for (const [field, value] of Object.entries(detail ?? {})) words.push(`with ${field} ${value}`);
  return words.join(" ");
}
