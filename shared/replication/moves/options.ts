/** What moves are made of: the node, what it knows of the ring, and what it holds. */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { Handover } from "../handover.ts";
import type { KeyStore } from "../key-store.ts";
import type { ClusterView, ReplicationConfig } from "../types.ts";
import type { Placements } from "./placements.ts";
import type { Records } from "./records.ts";
import type { SetAside } from "./set-aside.ts";

export interface MovesOptions {
  readonly node: NodeId;
  readonly address: string;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly records: Records;
  readonly placements: Placements;
  readonly store: KeyStore;
  readonly handover: Handover;
  readonly aside: SetAside;
  /** When the newest of what is on its disk was kept; null when nobody knows, or nothing is. */
  readonly lastKept: TimeMs | null;
  /** There is nobody to look for: it serves at once. */
  readonly isAlone: boolean;
  /** It has kept data in an earlier life. */
  readonly hasServed: boolean;
  /** And that data is gone. */
  readonly hasLost: boolean;
  /** Members alive or suspected but this node, by name. */
  readonly audience: () => readonly NodeId[];
}
