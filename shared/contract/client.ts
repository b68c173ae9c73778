/**
 * The window's end of the contract: one protocol class over any channel that can move frames.
 *
 * Every transport used to invent its own matching of answers to calls, its own time-outs and its own idea of what
 * happens to a call when the line breaks. Here that is decided once:
 * - every call ends: by its answer, by its time-out, or by the loss of the line;
 * - a call that never left is definite ("certainly had no effect"), one that left and got no answer is not;
 * - a call made before the first connection waits for it, one made after a loss is refused at once, because by then
 *   the person looks at a picture that may be old;
 * - a frame that makes no sense is ignored: a host that sends one is a newer or a broken one, and the time-out says so.
 */
import type { ClientFrame, HostFrame, LabConnection, LabEventName, LabEvents } from "./contract.ts";
import { LabError, type LabErrorCode, labErrorCodes } from "./errors.ts";

/** Moves frames and knows whether it is connected. Nothing else: no transport knows a command. */
export interface FrameChannel {
  send(frame: ClientFrame): void;
  onFrame(listener: (frame: HostFrame) => void): void;
  /** Called with each change, and at once when the channel is connected already. */
  onState(listener: (connected: boolean) => void): void;
  close(): void;
}

/** A timer handed in: runs `fn` once after `ms`, unless the returned function is called before. */
export type Schedule = (ms: number, fn: () => void) => () => void;

export interface ConnectionOptions {
  readonly schedule: Schedule;
  /** Longest wait for any answer. Starting a large cluster or copying a large session takes seconds. */
  readonly timeoutMs?: number;
}

interface PendingCall {
  readonly frame: ClientFrame;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: LabError) => void;
  readonly cancelTimeout: () => void;
}

export function createConnection(channel: FrameChannel, options: ConnectionOptions): LabConnection {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const pending = new Map<number, PendingCall>();
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const stateListeners = new Set<(connected: boolean) => void>();
  let state: "connecting" | "open" | "lost" = "connecting";
  let lastId = 0;

  function settle(id: number): PendingCall | undefined {
    const call = pending.get(id);
    call?.cancelTimeout();
    pending.delete(id);
    return call;
  }

  function failAll(message: string, definite: boolean): void {
    for (const id of pending.keys()) settle(id)?.reject(new LabError("unreachable", message, definite));
  }

  channel.onFrame((frame) => {
    if (!isHostFrame(frame)) return;
    if ("event" in frame) {
      for (const listener of listeners.get(frame.event) ?? []) listener(frame.payload as never);
    } else if ("error" in frame) settle(frame.id)?.reject(rebuildError(frame.error));
    else settle(frame.id)?.resolve(frame.result);
  });

  channel.onState((connected) => {
    const wasWaiting = state === "connecting";
    if (connected === (state === "open") || (wasWaiting && !connected)) return;
    state = connected ? "open" : "lost";
    if (!connected)
      failAll("The connection to the lab was lost before it answered. Look before you repeat.", false);
    else if (wasWaiting) for (const call of pending.values()) channel.send(call.frame);
    for (const listener of stateListeners) listener(connected);
  });

  function call(command: ClientFrame["command"], params: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (state === "lost") {
        reject(
          new LabError("unreachable", "There is no connection to the lab. Wait until it is back.", true),
        );
        return;
      }
      const frame: ClientFrame = { id: ++lastId, command, params };
      const cancelTimeout = options.schedule(timeoutMs, () => {
        pending.delete(frame.id);
        const message = `The lab did not answer "${command}" within ${timeoutMs / 1000} s. It may still carry it out.`;
        reject(new LabError("timed_out", message, state === "connecting"));
      });
      pending.set(frame.id, { frame, resolve, reject, cancelTimeout });
      if (state === "open") channel.send(frame);
    });
  }

  return {
    call: call as LabConnection["call"],
    on<Name extends LabEventName>(name: Name, listener: (payload: LabEvents[Name]) => void) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => void set.delete(listener);
    },
    onConnected(listener) {
      stateListeners.add(listener);
      return () => void stateListeners.delete(listener);
    },
    close() {
      failAll("The window closed its connection to the lab.", state === "connecting");
      state = "lost";
      stateListeners.clear();
      listeners.clear();
      channel.close();
    },
  };
}

function isHostFrame(frame: unknown): frame is HostFrame {
  if (typeof frame !== "object" || frame === null) return false;
  if ("event" in frame) return typeof frame.event === "string" && "payload" in frame;
  if (!("id" in frame) || typeof frame.id !== "number") return false;
  return "result" in frame || ("error" in frame && typeof frame.error === "object" && frame.error !== null);
}

/** An error of a host with other codes than ours becomes "internal"; its sentence is kept. */
function rebuildError(error: { code: string; message: string; definite: boolean }): LabError {
  const known = (labErrorCodes as readonly string[]).includes(error.code);
  return new LabError(known ? (error.code as LabErrorCode) : "internal", error.message, error.definite);
}
