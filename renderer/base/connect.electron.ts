import { bridgeChannel, type LightconeBridge } from "../../shared/contract/bridge.ts";
import { createConnection } from "../../shared/contract/client.ts";
import type { LabConnection } from "../../shared/contract/contract.ts";
import { scheduleInWindow } from "./schedule.ts";

declare global {
  interface Window {
    /** Present in the desktop shell only. */
    readonly lightcone?: LightconeBridge;
  }
}

export function connectElectron(bridge: LightconeBridge): LabConnection {
  return createConnection(bridgeChannel(bridge), { schedule: scheduleInWindow });
}
