/**
 * The accepting side of a peer connection: nothing is believed before the handshake is over, and afterwards only
 * messages that carry the name that was proved.
 */
import type { Duplex } from "node:stream";
import type { Envelope } from "../../shared/replica/types.ts";
import { isVectorClock } from "../../shared/clock/vector-clock.ts";
import { encodeFrame, FrameDecoder } from "./frames.ts";
import {
  checkProof,
  HandshakeError,
  handshakeFrameBytesMax,
  handshakeTimeoutMs,
  type Identity,
  introduce,
  type Introduction,
  peerUpgrade,
  prove,
  readIntroduction,
  refuse,
  wasMyself,
} from "./handshake.ts";

export interface IncomingOwner {
  readonly identity: Identity;
  readonly secret: string;
  received(envelope: Envelope): void;
  stranger(from: string, reason: string): void;
}

/** A stranger that was turned away and does not hang up is cut off. */
const closeGraceMs = 500;
const upgradeResponse = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${peerUpgrade}\r\n\r\n`;

/** Serves one peer connection until it closes. `remote` is where it comes from, `head` what it sent already. */
export function acceptPeer(socket: Duplex, head: Buffer, remote: string, owner: IncomingOwner): void {
  const me = owner.identity;
  const challenge = introduce(me);
  let decoder = new FrameDecoder(handshakeFrameBytesMax);
  let hello: Introduction | null = null;
  let proved: string | null = null;

  const turnAway = (reason: string) => {
    clearTimeout(timeout);
    if (reason !== wasMyself) owner.stranger(hello === null ? remote : `${hello.node} at ${remote}`, reason);
    socket.end(encodeFrame(refuse(reason)));
    socket.removeListener("data", onData);
    socket.resume();
    setTimeout(() => socket.destroy(), closeGraceMs).unref();
  };
  const timeout = setTimeout(() => turnAway("it did not finish the handshake in time"), handshakeTimeoutMs);

  const onFrame = (frame: unknown) => {
    if (proved !== null) {
      if (!isEnvelopeOf(frame, proved)) throw new HandshakeError("it sent what is no message of its own");
      owner.received(frame);
    } else if (hello === null) {
      hello = readIntroduction(frame, me);
      socket.write(encodeFrame(challenge));
    } else {
      checkProof(frame, prove(owner.secret, "dialer", hello, challenge));
      clearTimeout(timeout);
      socket.write(encodeFrame(prove(owner.secret, "acceptor", hello, challenge)));
      if (decoder.pendingBytes > 0) throw new HandshakeError("it sent messages before it was welcome");
      proved = hello.node;
      decoder = new FrameDecoder();
    }
  };
  const onData = (chunk: Buffer) => {
    try {
      for (const frame of decoder.push(chunk)) onFrame(frame);
    } catch (error) {
      // A reason stands within a sentence.
      turnAway((error instanceof Error ? error.message : String(error)).replace(/\.$/, ""));
    }
  };
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.end());
  socket.on("close", () => clearTimeout(timeout));
  socket.write(upgradeResponse);
  if (head.length > 0) onData(head);
  socket.on("data", onData);
}

/** The shape every handler relies on, and the name that was proved. Peers of one version check the rest by type. */
function isEnvelopeOf(frame: unknown, node: string): frame is Envelope {
  if (typeof frame !== "object" || frame === null) return false;
  const { id, from, address, clock, body } = frame as Record<string, unknown>;
  return (
    from === node &&
    typeof id === "string" &&
    typeof address === "string" &&
    isVectorClock(clock) &&
    typeof body === "object" &&
    body !== null &&
    typeof (body as { kind?: unknown }).kind === "string"
  );
}
