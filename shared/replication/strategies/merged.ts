/**
 * What all mergeable values have in common: in the store they are siblings like any others, kept by dotted version
 * vectors; a reader is shown one value, made of all of them; and the next write that has read it takes their place.
 *
 * So a mergeable key loses nothing that siblings would keep, copies are merged as ever, and a key may change its
 * strategy: a version written under another one is read from its plain value, or where that makes no sense is shown
 * beside the merged value as it is.
 *
 * A write is understood by what its client had seen. A coordinator that has not seen all of it yet cannot tell an
 * addition from what was there, and says so instead of guessing.
 */
import { standingVersions, sync, type Version, write } from "../../clock/dotted.ts";
import { descends, type VectorClock } from "../../clock/vector-clock.ts";
import type { Behaviour, Refusal } from "./behaviour.ts";

/** One kind of value; `Known` is what a version of it is made of. */
export interface Kind<Known> {
  /** Null: this version's value is none of this kind. */
  known(version: Version): Known | null;
  /** The version as it is to be kept, with its value and facts. */
  write(
    known: readonly Known[],
    version: Version,
    seen: VectorClock,
    context: VectorClock,
  ): Version | Refusal;
  /** Null: nothing is left. At least one of them was not deleted; `isDeleted`: another one was. */
  read(known: readonly Known[], isDeleted: boolean): string | null;
}

const notYet: Refusal = {
  code: "not_yet",
  message:
    "This node has not heard of everything that the context covers, and cannot tell what is new: read the key again and write with the context you get.",
};

export function merged<Known>(kind: Kind<Known>): Behaviour {
  return {
    write(known, version, context) {
      if (!descends(known.context, context)) return notYet;
      const parts = standingVersions(known)
        .map((version) => kind.known(version))
        .filter(isKnown);
      const written = kind.write(parts, version, context, known.context);
      return "code" in written ? written : write(known, written, context);
    },

    merge: sync,

    values(state) {
      const readable: Version[] = [];
      const parts: Known[] = [];
      const others: string[] = [];
      for (const version of standingVersions(state)) {
        const known = kind.known(version);
        if (known === null) others.push(version.value!);
        else {
          readable.push(version);
          parts.push(known);
        }
      }
      if (readable.every(({ value }) => value === null)) return others;
      const value = kind.read(
        parts,
        readable.some(({ value }) => value === null),
      );
      return value === null ? others : [value, ...others];
    },
  };
}

const isKnown = <Known>(known: Known | null): known is Known => known !== null;
