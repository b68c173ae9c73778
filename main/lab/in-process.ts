/** The transport without a wire, for tests and for whoever lives in the lab's own process: frames by function call. */
import { createConnection } from "../../shared/contract/client.ts";
import type { HostFrame, LabConnection } from "../../shared/contract/contract.ts";
import { type LabService, serveConnection } from "../../shared/contract/server.ts";

/** `disconnect` is the lab's end: the client sees the connection lost. */
export function connectInProcess(lab: LabService): { connection: LabConnection; disconnect: () => void } {
  let isOpen = true;
  let toHost: ((frame: unknown) => void) | undefined;
  let toClient: ((frame: HostFrame) => void) | undefined;
  let tellState: ((connected: boolean) => void) | undefined;
  let onClose: (() => void) | undefined;
  const end = () => {
    if (isOpen) onClose?.();
    isOpen = false;
  };
  serveConnection(lab, {
    send: (frame) => isOpen && toClient?.(frame),
    onFrame: (listener) => (toHost = listener),
    onClose: (listener) => (onClose = listener),
  });
  const connection = createConnection(
    {
      send: (frame) => isOpen && toHost?.(frame),
      onFrame: (listener) => (toClient = listener),
      onState: (listener) => {
        tellState = listener;
        listener(true);
      },
      close: end,
    },
    {
      schedule: (ms, fn) => {
        const timer = setTimeout(fn, ms);
        return () => clearTimeout(timer);
      },
    },
  );
  return {
    connection,
    disconnect: () => {
      end();
      tellState?.(false);
    },
  };
}
