import type { LightconeBridge } from "../../shared/contract/bridge.ts";
import type { LabConnection } from "../../shared/contract/contract.ts";
import type { Files } from "./store.ts";

/** The shell asks for a path; the lab reads or writes it. */
export function desktopFiles(bridge: LightconeBridge, connection: LabConnection): Files {
  return {
    async exportSession(session) {
      const path = await bridge.saveDialog(`${session.name}.lightcone`);
      if (path === null) return null;
      return (await connection.call("session.export", { session: session.id, path })).path;
    },
    async importSession() {
      const path = await bridge.openDialog();
      return path === null ? null : connection.call("session.import", { path });
    },
  };
}
