/**
 * The rows of one table, of which a picture can be taken at any moment for nothing.
 *
 * A snapshot of a million rows takes longer than a node may stop for, so it is written a slice at a time while rows go
 * on changing, and must show none of those changes. Copying the rows first would be the stop that is to be avoided, and
 * walking through a map that changes meanwhile visits some keys twice and some never. So whatever a picture shows is
 * left alone: changes go into a layer above it, and when nobody looks any more, that layer is folded into the one below,
 * a few rows with each further change. Without a picture there is one layer, and a change is one `Map.set`.
 *
 * Layers are as many as there are pictures open at once, and one more.
 *
 * Source: the persistent layers of log-structured merge trees (O'Neil, Cheng, Gawlick, O'Neil 1996), two deep.
 */
import type { Mutation } from "./types.ts";

/** Null: the row below is gone. */
type Layer = Map<string, Mutation | null>;

/** Rows folded down with each change, when nobody looks: more than one, so that it comes to an end. */
const foldedAtOnce = 4;

export class LayeredRows {
  /** Lowest first; never empty. In the lowest nothing is gone: it is not there. */
  readonly #layers: Layer[];
  /** Rows, through all layers. */
  #size: number;
  /** Pictures that show up to the layer of this height and nothing above. */
  readonly #open: number[] = [0];
  #openCount = 0;
  #folding: Iterator<[string, Mutation | null]> | null = null;

  /** With these rows. */
  constructor(rows: ReadonlyMap<string, Mutation> = new Map()) {
    this.#layers = [new Map(rows)];
    this.#size = rows.size;
  }

  get size(): number {
    return this.#size;
  }

  copy(): LayeredRows {
    const isPlain = this.#layers.length === 1;
    if (isPlain) return new LayeredRows(this.#layers[0] as Map<string, Mutation>);
    const picture = this.picture();
    const rows = new Map(Array.from(picture.rows(), (row) => [row.key, row]));
    picture.close();
    return new LayeredRows(rows);
  }

  get(key: string): Mutation | undefined {
    for (let height = this.#layers.length - 1; height > 0; height -= 1) {
      const found = this.#layers[height]!.get(key);
      if (found !== undefined) return found ?? undefined;
    }
    return this.#layers[0]!.get(key) ?? undefined;
  }

  apply(mutation: Mutation): void {
    if (this.#layers.length > 1 || this.#openCount > 0) {
      this.#applyAbove(mutation);
      return;
    }
    const rows = this.#layers[0]!;
    if (mutation.row === undefined) rows.delete(mutation.key);
    else rows.set(mutation.key, mutation);
    this.#size = rows.size;
  }

  /** The rows of this moment, whatever changes from now on; close it, or changes pile up above it. */
  picture(): RowsPicture {
    if (this.#openCount === 0) while (this.#layers.length > 1) this.#fold();
    const height = this.#layers.length - 1;
    this.#open[height]! += 1;
    this.#openCount += 1;
    const layers = this.#layers.slice();
    return new RowsPicture(layers, this.#size, () => {
      this.#open[height]! -= 1;
      this.#openCount -= 1;
    });
  }

  #applyAbove(mutation: Mutation): void {
    const { key, row } = mutation;
    const wasThere = this.get(key) !== undefined;
    const isThere = row !== undefined;
    if (!wasThere && !isThere) return;
    if (wasThere !== isThere) this.#size += isThere ? 1 : -1;
    if (this.#open.at(-1)! > 0) {
      this.#layers.push(new Map());
      this.#open.push(0);
    }
    this.#layers.at(-1)!.set(key, isThere ? mutation : null);
    if (this.#openCount === 0) this.#fold();
  }

  /** A row that changes while its layer is being folded is met at its new place, or was not met yet. */
  #fold(): void {
    const [lowest, above] = this.#layers;
    this.#folding ??= above!.entries();
    for (let folded = 0; folded < foldedAtOnce; folded += 1) {
      const next = this.#folding.next();
      if (next.done === true) {
        this.#folding = null;
        this.#layers.splice(1, 1);
        this.#open.splice(1, 1);
        return;
      }
      const [key, mutation] = next.value;
      above!.delete(key);
      if (mutation === null) lowest!.delete(key);
      else lowest!.set(key, mutation);
    }
  }
}

/** The rows of a table as they were at one moment. */
export class RowsPicture {
  readonly size: number;
  readonly #layers: readonly Layer[];
  readonly #closed: () => void;
  #isOpen = true;

  constructor(layers: readonly Layer[], size: number, closed: () => void) {
    this.#layers = layers;
    this.size = size;
    this.#closed = closed;
  }

  *rows(): Generator<Mutation> {
    for (const [height, layer] of this.#layers.entries()) {
      const above = this.#layers.slice(height + 1);
      for (const [key, mutation] of layer) {
        if (!this.#isOpen) throw new Error("a picture is read after it was closed");
        if (mutation !== null && !above.some((other) => other.has(key))) yield mutation;
      }
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closed();
  }
}
