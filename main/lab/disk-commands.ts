/** The commands about a node's storage: looking at it, and breaking it on purpose. */
import { LabError } from "../../shared/contract/errors.ts";
import type { CommandContext, Handlers } from "./commands.ts";

export function diskHandlers({ cluster }: CommandContext) {
  const notYet = (node: string): never => {
    throw new LabError(
      "refused",
      `The storage of ${cluster().supervisor.get(node).id} cannot be reached yet.`,
    );
  };
  return {
    "node.storage": ({ node }) => notYet(node),
    "node.records": ({ node }) => notYet(node),
    "disk.fault": ({ node }) => notYet(node),
    "disk.damage": ({ node }) => notYet(node),
    "disk.copy": ({ node }) => notYet(node),
    "disk.putBack": ({ node }) => notYet(node),
  } satisfies Partial<Handlers>;
}
