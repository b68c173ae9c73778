/**
 * All that the file-based stores ask of a disk, so that a lab can make it fail.
 *
 * Every call returns when it is done; an error is Node's own, with its `code`. A write may be lost until `sync`, a name
 * (of a file made, renamed or removed) until `syncDirectory`: what POSIX promises and no more.
 */
export interface DiskFile {
  readonly path: string;
  /** Writes all of the bytes at this offset, or throws. */
  write(bytes: Uint8Array, at: number): void;
  /** Returns how many bytes it read: fewer only at the end of the file. */
  read(into: Uint8Array, at: number): number;
  size(): number;
  truncate(bytes: number): void;
  /** The file's bytes, and its length, survive the loss of power: fdatasync. */
  sync(): void;
  /**
   * Only of disks that are made up: what a failed flush does. The unsynced bytes can be read until the power goes, and no
   * later `sync` makes them durable (P33).
   */
  dropUnsynced?(): void;
  /** Flushes nothing. Closing twice does no harm. */
  close(): void;
}

export interface Disk {
  /** "create": a new file for reading and writing, mode 0600; EEXIST when there is one. */
  open(path: string, how: "read" | "write" | "create"): DiskFile;
  exists(path: string): boolean;
  /** Names in the directory, sorted; none when it does not exist. */
  list(dir: string): readonly string[];
  /** With its parents, and durable on return; does nothing when it is there. Mode 0700. */
  makeDirectory(dir: string): void;
  /** Of a file; replaces the file that has the name. */
  rename(from: string, to: string): void;
  /** Does nothing when there is none. */
  remove(path: string): void;
  syncDirectory(dir: string): void;
  /**
   * Something that is written without this interface, by SQLite, is about to be: counted, slowed down and refused as the
   * same operation of a file would be.
   */
  gate(operation: "write" | "sync", path: string): void;
}
