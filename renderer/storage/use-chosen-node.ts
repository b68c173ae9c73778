import { useState } from "react";
import { useLab } from "../base/store.ts";

/** The node that was selected last, as long as it is among these, else the first; it stays when a key is selected. */
export function useChosenNode(nodes: readonly string[]): string | null {
  const selected = useLab(({ selection }) => (selection?.kind === "node" ? selection.node : null));
  const [kept, setKept] = useState<string | null>(null);
  if (selected !== null && selected !== kept) setKept(selected);
  return nodes.find((node) => node === (selected ?? kept)) ?? nodes[0] ?? null;
}
