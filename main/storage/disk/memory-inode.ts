/**
 * The bytes of one file of the disk in memory: as they are read, as they would survive, and every state in between.
 *
 * For each sector written since the last sync all its states are kept in order: the kernel writes pages back when it
 * likes, so any of them may be what the disk holds, and the length may be any the file ever had since.
 */
const sectorBytes = 512;

export class MemoryInode {
  #bytes = new Uint8Array(0);
  #durable = new Uint8Array(0);
  size = 0;
  #durableSize = 0;
  /** Sector → what it held after each change since the last sync. */
  #states = new Map<number, Uint8Array[]>();
  /** Lengths the file had since the last sync. */
  #sizes: number[] = [];

  write(bytes: Uint8Array, at: number): void {
    if (bytes.length === 0) return;
    const end = at + bytes.length;
    this.#bytes = grown(this.#bytes, end);
    this.#bytes.set(bytes, at);
    // A page that is written back takes its length along, also when a flush of that length failed before.
    if (end > this.size) this.#resize(end);
    else if (end > (this.#sizes.at(-1) ?? this.#durableSize)) this.#resize(this.size);
    this.#changed(at, end);
  }

  read(into: Uint8Array, at: number): number {
    const part = this.#bytes.subarray(at, Math.min(this.size, at + into.length));
    into.set(part);
    return part.length;
  }

  truncate(size: number): void {
    const was = this.size;
    this.#bytes = grown(this.#bytes, size);
    this.#resize(size);
    if (size >= was) return;
    this.#bytes.fill(0, size, was);
    this.#changed(size, was);
  }

  sync(): void {
    this.#durableSize = this.#sizes.at(-1) ?? this.#durableSize;
    this.#durable = grown(this.#durable, this.#bytes.length);
    for (const [sector, states] of this.#states) this.#durable.set(states.at(-1)!, sector * sectorBytes);
    this.dropUnsynced();
  }

  /** A flush failed: what is unsynced can still be read, and no later sync will write it (P33). */
  dropUnsynced(): void {
    this.#states.clear();
    this.#sizes = [];
  }

  crash(random: () => number): MemoryInode {
    const after = new MemoryInode();
    after.#durable = this.#durable.slice();
    let size = this.#durableSize;
    if (this.#sizes.length > 0 && random() < 0.5) {
      size = anyOf(this.#sizes, random);
      // Writing back may have stopped half way.
      const sectors = Math.max(0, Math.floor((size - this.#durableSize) / sectorBytes));
      size -= Math.floor(Math.max(0, random() - 0.5) * 2 * sectors) * sectorBytes;
    }
    after.#durable = grown(after.#durable, this.#bytes.length);
    for (const [sector, states] of this.#states) {
      if (random() < 0.5) after.#durable.set(anyOf(states, random), sector * sectorBytes);
    }
    after.#durable.fill(0, size);
    after.#bytes = after.#durable.slice();
    after.size = size;
    after.#durableSize = size;
    return after;
  }

  #resize(size: number): void {
    this.size = size;
    this.#sizes.push(size);
  }

  #changed(from: number, to: number): void {
    for (let sector = Math.floor(from / sectorBytes); sector * sectorBytes < to; sector++) {
      const state = this.#bytes.slice(sector * sectorBytes, (sector + 1) * sectorBytes);
      const states = this.#states.get(sector);
      if (states === undefined) this.#states.set(sector, [state]);
      else states.push(state);
    }
  }
}

/** The newest when `random` gives 0. */
function anyOf<Value>(states: readonly Value[], random: () => number): Value {
  return states[states.length - 1 - Math.floor(random() * states.length)]!;
}

/** Room for at least this many bytes, in whole sectors; what is new is zero. */
function grown(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (size <= bytes.length) return bytes;
  const room = Math.ceil(Math.max(size, bytes.length * 2) / sectorBytes) * sectorBytes;
  const more = new Uint8Array(room);
  more.set(bytes);
  return more;
}
