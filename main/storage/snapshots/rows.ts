/**
 * Rows of a snapshot as text: JSON, as in the log, for the same reasons. It reads back exactly as it was (MessagePack
 * loses keys named `__proto__` and lone surrogates), and the engine reads and writes it faster than JavaScript does any
 * other.
 */
import type { NodeId } from "../../../shared/ids.ts";
import type { Mutation, Row } from "../../../shared/runtime/types.ts";

/** Without names: they would be half of what is written. */
type PackedRow = readonly [
  module: string,
  table: string,
  key: string,
  row: Row,
  index?: number,
  term?: number,
  op?: string,
  origin?: NodeId,
  replicas?: readonly NodeId[],
];

export function packRow({ module, table, key, row, from }: Mutation): string {
  if (row === undefined) throw new Error(`a row that is gone cannot be in a snapshot: ${module}/${table}`);
  const packed: PackedRow =
    from === undefined
      ? [module, table, key, row]
      : [module, table, key, row, from.index, from.term, from.op, from.origin, from.replicas];
  return JSON.stringify(packed);
}

export const joinRows = (packed: readonly string[]): Buffer => Buffer.from(`[${packed.join()}]`);

/** Of what `joinRows` made. */
export function unpackRows(body: Buffer): Mutation[] {
  return (JSON.parse(body.toString()) as PackedRow[]).map(unpackRow);
}

function unpackRow([module, table, key, row, index, term, op, origin, replicas]: PackedRow): Mutation {
  if (index === undefined) return { module, table, key, row };
  const from = { index, term: term!, op: op!, origin: origin!, replicas: replicas! };
  return { module, table, key, row, from };
}
