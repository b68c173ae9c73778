/**
 * The lab's end of the contract: answers the frames of one window and pushes it every event.
 *
 * A host makes a channel for each window it accepts and calls this once for it. Order is kept: events reach the
 * window in the order the lab emitted them. A frame that cannot be understood is answered as an error when it carries
 * an id, and as a notice when it does not: silence would leave the window waiting for its time-out.
 */
import {
  type CommandName,
  commandSchemas,
  type HostFrame,
  type LabEventName,
  type LabEvents,
} from "./contract.ts";
import { LabError } from "./errors.ts";

/** What a lab must offer to be served. */
export interface LabService {
  /** Validates the parameters itself; rejects with LabError for everything that can be expected to go wrong. */
  dispatch(name: CommandName, params: unknown): Promise<unknown>;
  on<Name extends LabEventName>(name: Name, listener: (payload: LabEvents[Name]) => void): () => void;
}

export interface ServerChannel {
  /** Does nothing once the channel is closed. */
  send(frame: HostFrame): void;
  /** Whatever the other side sent, unchecked. */
  onFrame(listener: (frame: unknown) => void): void;
  onClose(listener: () => void): void;
}

const eventNames: readonly LabEventName[] = ["state", "events", "notice"];

export function serveConnection(lab: LabService, channel: ServerChannel): void {
  const unsubscribe = eventNames.map((event) =>
    lab.on(event, (payload: unknown) => channel.send({ event, payload })),
  );
  channel.onClose(() => {
    for (const stop of unsubscribe) stop();
  });
  channel.onFrame((frame) => {
    void answer(lab, frame).then((reply) => channel.send(reply));
  });
}

/** Never rejects: whatever goes wrong becomes the answer. */
async function answer(lab: LabService, frame: unknown): Promise<HostFrame> {
  const fields = typeof frame === "object" && frame !== null ? (frame as Record<string, unknown>) : {};
  const { id, command, params } = fields;
  if (typeof id !== "number") {
    const text = "The lab received a message it does not understand. Reload the window.";
    return { event: "notice", payload: { level: "warning", text } };
  }
  try {
    if (!isCommandName(command)) {
      throw new LabError("bad_input", `There is no command "${String(command)}". Reload the window.`);
    }
    return { id, result: await lab.dispatch(command, params) };
  } catch (error) {
    return { id, error: describeError(error, command) };
  }
}

function isCommandName(name: unknown): name is CommandName {
  return typeof name === "string" && Object.hasOwn(commandSchemas, name);
}

function describeError(
  error: unknown,
  command: unknown,
): { code: string; message: string; definite: boolean } {
  if (error instanceof LabError)
    return { code: error.code, message: error.message, definite: error.definite };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: "internal", message: `The lab failed at "${String(command)}": ${reason}`, definite: false };
}
