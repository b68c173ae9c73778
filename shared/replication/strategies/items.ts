/** Sets, maps and texts: values made of items that are added and removed one by one (see ./observed). */
import type { Version } from "../../clock/dotted.ts";
import { emptyClock } from "../../clock/vector-clock.ts";
import type { Behaviour, Refusal } from "./behaviour.ts";
import { merged } from "./merged.ts";
import { type Facts, factsOf, type Item, itemsMax, itemsSeen, joined, withDeparted } from "./observed.ts";

/** What a client did to the items it was shown. */
export interface Change<Payload> {
  readonly kept: readonly Item<Payload>[];
  readonly added: readonly Payload[];
}

/** How a plain value is taken apart and put together. */
export interface ItemKind<Payload> {
  /** Begins a sentence: "A set". */
  readonly name: string;
  readonly itemsName: string;
  /** Of the kinds of value that are made of items, only this one has such payloads. */
  isPayload(payload: unknown): boolean;
  /** From the items that were shown to this plain value; text: why it is no such value, as a sentence. */
  change(shown: readonly Item<Payload>[], value: string, version: Version): Change<Payload> | string;
  show(items: readonly Item<Payload>[]): string;
}

const forgotten: Refusal = {
  code: "bad_context",
  message:
    "The context is older than what this key remembers of its past: read the key again and write with the context you get.",
};

/** One sentence. */
export const tooMany = ({ name, itemsName }: Pick<ItemKind<unknown>, "name" | "itemsName">, count: number) =>
  `${name} has at most ${itemsMax} ${itemsName}; this one has ${count}.`;

export function ofItems<Payload>(kind: ItemKind<Payload>): Behaviour {
  return merged<Facts<Payload>>({
    known(version) {
      if (hasFacts(kind, version)) return version.facts;
      const bare = { seen: emptyClock, items: [], removed: [], horizon: emptyClock };
      if (version.value === null) return bare;
      const change = kind.change([], version.value, version);
      return typeof change === "string" ? null : factsOf([], version, emptyClock, [], [], change.added);
    },

    write(all, version, context, known) {
      const seen = withDeparted(context, known, all);
      const shown = itemsSeen(all, seen);
      if (shown === null) return forgotten;
      const none: Change<Payload> = { kept: [], added: [] };
      const change = version.value === null ? none : kind.change(shown, version.value, version);
      if (typeof change === "string") return { code: "bad_value", message: change };
      const facts = factsOf(all, version, seen, shown, change.kept, change.added);
      if (facts.items.length > itemsMax) {
        return { code: "bad_value", message: tooMany(kind, facts.items.length) };
      }
      return { ...version, value: version.value === null ? null : kind.show(facts.items), facts };
    },

    read(all, isDeleted) {
      const items = joined(all);
      return items.length === 0 && isDeleted ? null : kind.show(items);
    },
  });
}

/** False for a version written under another strategy. All items of a version are of one kind. */
function hasFacts<Payload>(
  kind: ItemKind<Payload>,
  version: Version,
): version is Version & { readonly facts: Facts<Payload> } {
  const { items, removed } = (version.facts ?? {}) as Partial<Facts<unknown>>;
  if (!Array.isArray(items) || !Array.isArray(removed)) return false;
  return [items[0], removed[0]?.[0]].every((item) => item === undefined || kind.isPayload(item[3]));
}
