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
  /** From the items that were shown to this plain value; text: why it is no such value, as a sentence. */
  change(shown: readonly Item<Payload>[], value: string, version: Version): Change<Payload> | string;
  show(items: readonly Item<Payload>[]): string;
}

const forgotten: Refusal = {
  code: "bad_context",
  message:
    "The context is older than what this key remembers of its past: read the key again and write with the context you get.",
};

export function ofItems<Payload>(kind: ItemKind<Payload>): Behaviour {
  return merged<Facts<Payload>>({
    known(version) {
      if (hasFacts<Payload>(version)) return version.facts;
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
        const message = `${kind.name} has at most ${itemsMax} ${kind.itemsName}; this one has ${facts.items.length}.`;
        return { code: "bad_value", message };
      }
      return { ...version, value: version.value === null ? null : kind.show(facts.items), facts };
    },

    read(all, isDeleted) {
      const items = joined(all);
      return items.length === 0 && isDeleted ? null : kind.show(items);
    },
  });
}

/** False for a version written under another strategy. */
const hasFacts = <Payload>(version: Version): version is Version & { readonly facts: Facts<Payload> } =>
  Array.isArray((version.facts as Partial<Facts<Payload>> | undefined)?.items);
