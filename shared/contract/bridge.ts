/** What the desktop shell lays into its window as `window.lightcone`, and nothing more. */
import type { FrameChannel } from "./client.ts";
import type { ClientFrame, HostFrame } from "./contract.ts";

export interface LightconeBridge {
  send(frame: ClientFrame): void;
  onFrame(listener: (frame: HostFrame) => void): () => void;
  /** "linux", "darwin", "win32": for the names of keys. */
  readonly platform: string;
  /** A menu item was chosen; `commandId` is one of the window's own commands. */
  onMenu(listener: (commandId: string) => void): () => void;
  /** Asks where to save a session; null when the person thought better of it. */
  saveDialog(suggested: string): Promise<string | null>;
  /** Asks which session file to open. */
  openDialog(): Promise<string | null>;
}

/** The bridge lives exactly as long as the lab's process: it is connected, or there is no window. */
export function bridgeChannel(bridge: LightconeBridge): FrameChannel {
  const stops: (() => void)[] = [];
  return {
    send: (frame) => bridge.send(frame),
    onFrame: (listener) => void stops.push(bridge.onFrame(listener)),
    onState: (listener) => listener(true),
    close() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}
