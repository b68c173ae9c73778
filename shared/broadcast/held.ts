/**
 * Broadcasts received and not yet delivered, and what each of them waits for.
 *
 * - FIFO: all earlier broadcasts of its origin.
 * - causal: these, and all that its origin had delivered when it sent it (Birman, Schiper, Stephenson 1991, §5.1).
 * - total: its position, and the delivery of all positions before it.
 */
import type { Delivered } from "./delivered.ts";
import type { BroadcastMessage } from "./types.ts";

export type Broadcasted = Extract<BroadcastMessage, { kind: "BROADCAST" }>;
type Name = Pick<Broadcasted, "origin" | "number">;

/** Held at once. What comes beyond is as good as lost. */
const heldMax = 10_000;

const nameOf = ({ origin, number }: Name) => `${origin} ${number}`;

export class Held {
  readonly #delivered: Delivered;
  /** In the order of their arrival. */
  readonly #messages = new Map<string, Broadcasted>();
  /** Positions given and not yet delivered, both ways. */
  readonly #positions = new Map<string, number>();
  readonly #named = new Map<number, Name>();
  /** The last position delivered, all before it too. */
  position: number;
  /** The highest position given by anyone. */
  ordered: number;

  constructor(delivered: Delivered, position: number, ordered: number) {
    this.#delivered = delivered;
    this.position = position;
    this.ordered = ordered;
  }

  has(name: Name): boolean {
    return this.#messages.has(nameOf(name));
  }

  /** False when there is no room. */
  add(message: Broadcasted): boolean {
    if (this.#messages.size >= heldMax) return false;
    this.#messages.set(nameOf(message), message);
    return true;
  }

  /** False when this changes nothing: the position is taken, or past. */
  order({ origin, number }: Name, position: number): boolean {
    if (position <= this.position || this.#named.has(position)) return false;
    const text = nameOf({ origin, number });
    this.#positions.set(text, Math.min(position, this.#positions.get(text) ?? position));
    this.#named.set(position, { origin, number });
    this.ordered = Math.max(this.ordered, position);
    return true;
  }

  /** Those of a total order that nobody has given a position. */
  unordered(): Broadcasted[] {
    return [...this.#messages.values()].filter(
      (message) => message.order === "total" && !this.#positions.has(nameOf(message)),
    );
  }

  /** Takes out the next one that waits for nothing any more. */
  takeReady(): Broadcasted | undefined {
    this.#passDelivered();
    for (const [text, message] of this.#messages) {
      if (this.#isWaiting(message)) continue;
      this.#messages.delete(text);
      if (message.order === "total") this.#pass(message);
      return message;
    }
    return undefined;
  }

  /** In words; "" when nothing keeps it. */
  waitsFor(message: Broadcasted): string {
    const { order, origin, number, after } = message;
    if (order === "unordered") return "";
    if (order === "total") {
      const position = this.#positions.get(nameOf(message));
      if (position === undefined) return "its position in the total order";
      return position === this.position + 1 ? "" : range("position", this.position + 1, position - 1);
    }
    const wanted = { ...(order === "causal" ? after : {}), [origin]: number - 1 };
    return Object.entries(wanted)
      .filter(([node, through]) => through > (this.#delivered.through[node] ?? 0))
      .map(([node, through]) => {
        const first = (this.#delivered.through[node] ?? 0) + 1;
        return `${range("broadcast", first, through)} of ${node}`;
      })
      .join(" and ");
  }

  #isWaiting(message: Broadcasted): boolean {
    const { order, origin, number, after } = message;
    if (order === "unordered") return false;
    if (order === "total") return this.#positions.get(nameOf(message)) !== this.position + 1;
    const { through } = this.#delivered;
    if ((through[origin] ?? 0) < number - 1) return true;
    if (order === "fifo") return false;
    for (const node in after) {
      if (node !== origin && (through[node] ?? 0) < after[node]!) return true;
    }
    return false;
  }

  /** Two sequencers may have ordered one broadcast twice: its second position stays empty. */
  #passDelivered(): void {
    for (;;) {
      const name = this.#named.get(this.position + 1);
      if (name === undefined || !this.#delivered.has(name.origin, name.number)) return;
      this.#pass(name);
    }
  }

  #pass(name: Name): void {
    this.position += 1;
    this.#named.delete(this.position);
    this.#positions.delete(nameOf(name));
  }
}

const range = (what: string, first: number, last: number) =>
  first === last ? `${what} ${first}` : `${what}s ${first} to ${last}`;
