import { useEffect, useState } from "react";
import type { NodeStorage } from "../../shared/contract/storage.ts";
import { labStore } from "../base/store.ts";
import { firstShown, RecordPager, type Shown } from "./pager.ts";
import type { FetchRecords } from "./pages.ts";

function recordsOf(node: string, file: string): FetchRecords {
  return (after, limit) => {
    const { connection } = labStore.getState();
    if (connection === null) throw new Error("There is no connection to the lab yet.");
    const from = after === null ? {} : { after: { offset: after.offset, ordinal: after.ordinal } };
    return connection.call("node.records", { node, file, limit, ...from });
  };
}

/** The page of a node's log that is looked at. Mount it anew for another node. */
export function useRecords(node: string, view: NodeStorage | null): readonly [Shown, RecordPager] {
  const [shown, setShown] = useState<Shown>(firstShown);
  const [pager] = useState(() => new RecordPager((file) => recordsOf(node, file), setShown));
  useEffect(() => {
    if (view !== null) void pager.look(view);
  }, [pager, view]);
  return [shown, pager];
}
