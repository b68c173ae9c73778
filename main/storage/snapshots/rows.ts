/** Rows of a snapshot as bytes: one MessagePack array for each, one behind the other, so that a piece can be cut anywhere. */
import { Packr } from "msgpackr";
import type { NodeId } from "../../../shared/ids.ts";
import type { Mutation, Row } from "../../../shared/runtime/types.ts";

const packr = new Packr({ useRecords: false, mapsAsObjects: true });

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

export function packRow({ module, table, key, row, from }: Mutation): Buffer {
  if (row === undefined) throw new Error(`a row that is gone cannot be in a snapshot: ${module}/${table}`);
  const packed: PackedRow =
    from === undefined
      ? [module, table, key, row]
      : [module, table, key, row, from.index, from.term, from.op, from.origin, from.replicas];
  return packr.pack(packed);
}

export function unpackRows(body: Buffer): Mutation[] {
  if (body.length === 0) return [];
  return (packr.unpackMultiple(body) as unknown as PackedRow[]).map(unpackRow);
}

function unpackRow([module, table, key, row, index, term, op, origin, replicas]: PackedRow): Mutation {
  if (index === undefined) return { module, table, key, row };
  const from = { index, term: term!, op: op!, origin: origin!, replicas: replicas! };
  return { module, table, key, row, from };
}
