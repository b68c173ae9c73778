/** A set: clients read and write a JSON array. An element is any JSON value; twice the same counts once. */
import { ofItems } from "./items.ts";
import { canonical, parseJson } from "./json.ts";

export const set = ofItems<string>({
  name: "A set",
  itemsName: "elements",
  isPayload: (payload) => typeof payload === "string",

  change(shown, value) {
    const elements = parseJson(value);
    if (!Array.isArray(elements)) return `A set takes a JSON array like ["milk", "eggs"].`;
    const wanted = new Set(elements.map(canonical));
    const kept = shown.filter(([, , , element]) => wanted.has(element));
    for (const [, , , element] of kept) wanted.delete(element);
    return { kept, added: [...wanted].sort() };
  },

  show: (items) => `[${[...new Set(items.map(([, , , element]) => element))].sort().join(",")}]`,
});
