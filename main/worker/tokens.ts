/**
 * What a client carries between requests, sealed: a causal context, or a causal session.
 *
 * Both are the cluster's own words. A context from another cluster would hide writes, and a session that nobody has
 * had would wait for what never comes, so each travels with the cluster's name and a seal: a short SHA-256 over text and
 * cluster secret. What was cut off, changed, or comes from elsewhere is refused with a sentence instead of believed.
 * Clusters that share the well-known default secret differ by name only.
 *
 * Text: base64url of JSON `{"v":1,"cluster":…,"context":…}` (or `"session"`), names in order so that equal things have
 * equal text, then a dot and the seal.
 */
import { hash } from "node:crypto";
import { isVectorClock, type VectorClock } from "../../shared/clock/vector-clock.ts";
import { isSession } from "../../shared/replication/session.ts";
import type { Session } from "../../shared/replication/types.ts";
import { HttpError } from "./http.ts";

const version = 1;
/** 96 bits. As it is cut off, nobody can go on hashing where it ends. */
const sealChars = 16;

type Kind = "context" | "session";

export class Tokens {
  readonly #cluster: string;
  readonly #key: string;
  /** What every text begins with. */
  readonly #head: string;

  constructor(cluster: string, secret: string) {
    this.#cluster = cluster;
    this.#head = `{"v":${version},"cluster":${JSON.stringify(cluster)},`;
    this.#key = hash("sha256", `lightcone token\n${secret}`);
  }

  ofContext(context: VectorClock): string {
    return this.#write("context", textOf(context));
  }

  ofSession(session: Session): string {
    const keys = Object.keys(session).sort();
    const contexts = keys.map((key) => `${JSON.stringify(key)}:${textOf(session[key]!)}`);
    return this.#write("session", `{${contexts.join(",")}}`);
  }

  /** Throws HttpError. */
  readContext(text: string): VectorClock {
    const content = this.#read("context", text);
    if (isVectorClock(content)) return content;
    throw damaged("context");
  }

  /** Throws HttpError. */
  readSession(text: string): Session {
    const content = this.#read("session", text);
    if (isSession(content)) return content;
    throw damaged("session");
  }

  #write(kind: Kind, content: string): string {
    const encoded = Buffer.from(`${this.#head}"${kind}":${content}}`).toString("base64url");
    return `${encoded}.${this.#seal(encoded)}`;
  }

  #read(kind: Kind, text: string): unknown {
    const dot = text.lastIndexOf(".");
    const encoded = dot === -1 ? text : text.slice(0, dot);
    const written = parse(Buffer.from(encoded, "base64url").toString("utf8"));
    if (written === null || written["v"] !== version || !Object.hasOwn(written, kind)) throw damaged(kind);
    if (written["cluster"] !== this.#cluster) {
      const other = JSON.stringify(written["cluster"]);
      throw new HttpError(
        "bad_context",
        `This ${kind} was issued by cluster ${other}, and this is "${this.#cluster}"; ${remedy[kind]}.`,
      );
    }
    if (dot === -1 || text.slice(dot + 1) !== this.#seal(encoded)) {
      throw new HttpError(
        "bad_context",
        `This ${kind} is not as this cluster issued it (changed, cut off, or another cluster's); ${remedy[kind]}.`,
      );
    }
    return written[kind];
  }

  #seal(encoded: string): string {
    return hash("sha256", `${this.#key}${encoded}`, "base64url").slice(0, sealChars);
  }
}

const remedy: Readonly<Record<Kind, string>> = {
  context: "read the key and send back the context you get",
  session: "begin a new session with ?consistency=causal",
};

const damaged = (kind: Kind) =>
  new HttpError(
    "bad_input",
    `This is no ${kind}, or not a whole one; send it as an earlier answer had it, or ${remedy[kind]}.`,
  );

/** As JSON, names in order. Written out by hand because every answer has one. Names of nodes need no escaping. */
const textOf = (clock: VectorClock) =>
  `{${Object.keys(clock)
    .sort()
    .map((node) => `"${node}":${clock[node]}`)
    .join(",")}}`;

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const written: unknown = JSON.parse(text);
    return typeof written === "object" && written !== null
      ? (written as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}
