import { useEffect } from "react";
import { registerCommands } from "../base/commands.ts";
import { useLab } from "../base/store.ts";
import { Question } from "../base/ui/question.tsx";
import { Toaster } from "../base/ui/toaster.tsx";
import { TooltipProvider } from "../base/ui/tooltip.tsx";
import { scenarioCommands } from "../scenarios/commands.ts";
import { watchRuns } from "../scenarios/studio.ts";
import { storageOfNode } from "../storage/commands.ts";
import { Banners } from "./banners.tsx";
import { clusterCommands } from "./commands/cluster-commands.ts";
import { faultCommands, faultsOfNode } from "./commands/fault-commands.ts";
import { sessionCommands } from "./commands/session-commands.ts";
import { viewCommands } from "./commands/view-commands.ts";
import { Dialogs } from "./dialogs.tsx";
import { Frame } from "./frame.tsx";
import styles from "./shell.module.css";
import { StatusBar } from "./status-bar.tsx";
import { Toolbar } from "./toolbar.tsx";

registerCommands([
  ...clusterCommands,
  ...faultCommands,
  ...scenarioCommands,
  ...sessionCommands,
  ...viewCommands,
]);

/** The faults by name come and go with the nodes. */
function useNodeCommands(): void {
  const nodes = useLab((state) => state.lab?.nodes.map((node) => node.id).join(" ") ?? "");
  useEffect(() => {
    const names = nodes.split(" ").filter(Boolean);
    return registerCommands(names.flatMap((node) => [...faultsOfNode(node), ...storageOfNode(node)]));
  }, [nodes]);
}

/** The whole window. */
export function Shell() {
  useNodeCommands();
  useEffect(watchRuns, []);
  return (
    <TooltipProvider delayDuration={450} skipDelayDuration={150}>
      <div className={styles["shell"]}>
        <Toolbar />
        <Banners />
        <main className={styles["main"]}>
          <Frame />
        </main>
        <StatusBar />
      </div>
      <Dialogs />
      <Question />
      <Toaster />
    </TooltipProvider>
  );
}
