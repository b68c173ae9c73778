/** The query of a data request: `?n=3&r=one&w=all&ack=async&sloppy=true&consistency=causal&wait=500`. */
import { ackLevels } from "../../shared/replication/quorum.ts";
import { consistencies } from "../../shared/replication/session.ts";
import type { ClientRequest, Quorum } from "../../shared/replication/types.ts";
import { HttpError } from "./http.ts";

export type Asked = Pick<ClientRequest, "quorum" | "sloppy" | "consistency" | "waitFor">;

const words = ["one", "quorum", "all"] as const;
const waitMsMax = 60_000;

const names = "n, r, w, ack, sloppy, consistency and wait";

/** `replicas` of a key where the query does not say. Throws HttpError. */
export function parseQuery(query: string, replicas: number): Asked {
  const given = new Map<string, string>();
  for (const [name, text] of new URLSearchParams(query)) {
    if (given.has(name)) throw new HttpError("bad_input", `${name} is given twice; a key takes it once.`);
    given.set(name, text);
  }
  const take = (name: string) => {
    const text = given.get(name);
    given.delete(name);
    return text;
  };
  const n = whole("n", take("n"));
  const r = level("r", take("r"), n ?? replicas);
  const w = written(take("w"), take("ack"), n ?? replicas);
  const sloppy = oneOf("sloppy", take("sloppy"), ["true", "false"] as const);
  const consistency = oneOf("consistency", take("consistency"), consistencies);
  const waitFor = wait(take("wait"));
  const [strange] = given.keys();
  if (strange !== undefined) {
    throw new HttpError("bad_input", `There is no parameter "${strange}"; a key takes ${names}.`);
  }
  const quorum: Partial<Quorum> = {
    ...(n !== undefined && { n }),
    ...(r !== undefined && { r }),
    ...(w !== undefined && { w }),
  };
  return {
    ...(Object.keys(quorum).length > 0 && { quorum }),
    ...(sloppy !== undefined && { sloppy: sloppy === "true" }),
    ...(consistency !== undefined && { consistency }),
    ...(waitFor !== undefined && { waitFor }),
  };
}

/** A write's copies: by number or word, or all of them before the answer (`sync`) or after it (`async`). */
function written(w: string | undefined, ack: string | undefined, replicas: number): number | undefined {
  const when = oneOf("ack", ack, ["sync", "async"] as const);
  if (when === undefined) return level("w", w, replicas);
  if (w !== undefined) throw new HttpError("bad_input", "ack and w say the same; leave one of them out.");
  return when === "async" ? ackLevels.asynchronous() : ackLevels.synchronous(replicas);
}

function wait(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > waitMsMax) {
    throw new HttpError(
      "bad_input",
      `wait must be whole milliseconds from 0 to ${waitMsMax}, not "${text}".`,
    );
  }
  return Number(text);
}

function level(name: "r" | "w", text: string | undefined, replicas: number): number | undefined {
  const word = words.find((known) => known === text);
  return word === undefined ? whole(name, text, `, or ${words.join(", ")}`) : ackLevels[word](replicas);
}

function whole(name: string, text: string | undefined, others = ""): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new HttpError("bad_quorum", `${name} must be a whole number from 1 to 999${others}, not "${text}".`);
}

function oneOf<Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (text === undefined) return undefined;
  const word = words.find((known) => known === text);
  if (word !== undefined) return word;
  throw new HttpError("bad_input", `${name} must be ${words.join(" or ")}, not "${text}".`);
}
