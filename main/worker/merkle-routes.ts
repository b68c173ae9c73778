/** GET /api/v1/merkle-tree: the trees of this node, a node of a tree at a time. POST /api/v1/anti-entropy: compare now. */
import { isNodeId, type NodeId } from "../../shared/ids.ts";
import { depthMax, fanout, leafMax } from "../../shared/merkle/tree.ts";
import { HttpError } from "./http.ts";
import type { Subject } from "./views.ts";

/** Without a range: all ranges with their roots. With one: the tree's node at `prefix`, the root when absent. */
export function merkleTree(subject: Subject, range: string | null, prefix: string | null) {
  const { node, replica } = subject;
  const ranges = replica.merkle;
  if (ranges === null) {
    throw new HttpError("unavailable", "The trees are being brought up to date; ask again in a moment.");
  }
  const { forest, fingerprint } = ranges;
  if (range === null) {
    if (prefix !== null) {
      throw new HttpError("bad_input", "prefix names a node of one range's tree: say which range, too.");
    }
    return {
      node_id: node,
      /** Equal on two nodes whose ranges can be compared. */
      ring: fingerprint,
      ranges: forest.ranges.map((name) => {
        const tree = forest.tree(name)!;
        return { range: name, root: tree.hash(""), keys: tree.count, bytes: tree.size };
      }),
    };
  }
  const tree = forest.tree(range);
  if (tree === undefined) {
    throw new HttpError(
      "not_found",
      `${node} holds no key of the range "${range}"; without a range, those it holds are listed.`,
    );
  }
  const at = readPrefix(prefix);
  const isLeaf = tree.isLeaf(at);
  const children = isLeaf ? [] : Array.from({ length: fanout }, (_, digit) => at + digit.toString(16));
  return {
    node_id: node,
    range,
    prefix: at,
    hash: tree.hash(at),
    keys: tree.countUnder(at),
    is_leaf: isLeaf,
    children: children.map((child) => ({
      prefix: child,
      hash: tree.hash(child),
      keys: tree.countUnder(child),
    })),
    entries: isLeaf ? tree.keysUnder(at).map(([key, digest]) => ({ key, digest })) : [],
  };
}

function readPrefix(text: string | null): string {
  const prefix = text ?? "";
  if (prefix.length <= depthMax && /^[0-9a-f]*$/.test(prefix)) return prefix;
  throw new HttpError(
    "bad_input",
    `prefix must be up to ${depthMax} hexadecimal digits, such as 3f; "${prefix}" is not. A leaf has up to ${leafMax} keys.`,
  );
}

/** `compare` starts a comparison and returns its name in the trace. */
export function compareNow(
  { node, replica }: Subject,
  compare: (peer: NodeId | null) => string,
  peer: string | null,
) {
  const others = replica.members().filter((member) => member.node !== node && member.status !== "left");
  if (peer !== null && !(isNodeId(peer) && others.some((member) => member.node === peer))) {
    throw new HttpError(
      "no_such_member",
      `"${peer}" is no other member of this cluster; GET /gossip/members lists them.`,
    );
  }
  if (!others.some(({ status }) => status === "alive")) {
    throw new HttpError("unavailable", `${node} sees no other node alive to compare with.`);
  }
  return { node_id: node, peer, exchange: compare(peer) };
}
