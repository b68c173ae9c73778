/**
 * One connection to one peer's address: dialled when there is something to say, proved, written to, dialled again.
 *
 * A message handed to a connection leaves at once, waits for the handshake, or fails. It never waits for ever: a peer
 * that refuses, is gone, is another than meant, or stops reading makes its messages fail, and the owner hears
 * `unreachable` once for each such turn, with the messages that never left. What had been written before a peer died
 * may have arrived or not, as on any network; what the operating system had accepted is lost without a word.
 */
import { connect, type Socket } from "node:net";
import type { MessageId, NodeId } from "../../shared/ids.ts";
import type { OutgoingMessage } from "../../shared/replica/types.ts";
import { parseAddress } from "./address.ts";
import { encodeFrame, encodeShortFrame, FrameDecoder, FrameError } from "./frames.ts";
import {
  checkProof,
  HandshakeError,
  handshakeFrameBytesMax,
  handshakeTimeoutMs,
  type Identity,
  introduce,
  type Introduction,
  peerPath,
  peerUpgrade,
  prove,
  readIntroduction,
} from "./handshake.ts";

export interface OutgoingOwner {
  readonly identity: Identity;
  readonly secret: string;
  /** The peer proved itself; `node` is who it is. */
  connected(connection: Outgoing, node: NodeId): void;
  /**
   * These, and all that waits for the handshake elsewhere, will not arrive. Followed by `unreachable`, but for a message
   * that is too large for a frame.
   */
  failed(connection: Outgoing, messages: readonly OutgoingMessage[]): void;
  /** Said once per turn at most, also when nothing was waiting. `undelivered` were certainly not sent. */
  unreachable(connection: Outgoing, undelivered: readonly MessageId[]): void;
  /** The handshake ended with this reason; `byPeer` when the other side refused us. */
  refused(connection: Outgoing, reason: string, byPeer: boolean): void;
  wrote(bytes: number): void;
}

/** Bytes that may wait for a peer that does not read. */
const queuedBytesMax = 16 * 1024 * 1024;
/** Messages that may wait for a handshake. */
const queuedMessagesMax = 10_000;
/** After a failed dial, messages fail at once for this long, so that a busy node does not dial thousands of times. */
const redialPauseMs = 50;
const responseHeadBytesMax = 4096;

type State = "idle" | "dialling" | "ready";

export class Outgoing {
  readonly address: string;
  /** Who answered here last; null while unknown. */
  node: NodeId | null = null;
  readonly #owner: OutgoingOwner;
  #state: State = "idle";
  #socket: Socket | null = null;
  #queue: OutgoingMessage[] = [];
  /** Written but not yet taken by the operating system. */
  #unflushed: OutgoingMessage[] = [];
  /** Frames of this turn. */
  #frames: Buffer[] = [];
  #redialAt = 0;
  /** Messages that never left, to be reported at the end of the turn; null when there is nothing to report. */
  #undelivered: MessageId[] | null = null;

  constructor(address: string, owner: OutgoingOwner) {
    this.address = address;
    this.#owner = owner;
  }

  send(message: OutgoingMessage): void {
    if (this.#state === "ready") {
      this.#write(message);
    } else if (this.#queue.length >= queuedMessagesMax) {
      this.#fail([message]);
    } else {
      this.#queue.push(message);
      this.dial();
    }
  }

  /** Lets everything sent in this turn leave, in one system call. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0 || this.#socket === null) return;
    this.#frames = [];
    this.#socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
    if (this.#socket.writableLength === 0) this.#unflushed = [];
  }

  /** Does nothing when the connection stands or is being made; fails what waits when it may not be made now. */
  dial(): void {
    if (this.#state !== "idle") return;
    const target = parseAddress(this.address);
    if (target === null || performance.now() < this.#redialAt) {
      this.#fail(this.#queue.splice(0));
      return;
    }
    this.#state = "dialling";
    const socket = connect({ ...target, noDelay: true });
    this.#socket = socket;
    const timeout = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timeout);
      if (this.#socket === socket) this.#end();
    });
    socket.on("drain", () => (this.#unflushed = []));
    socket.once("connect", () => {
      socket.write(
        `GET ${peerPath} HTTP/1.1\r\nHost: ${this.address}\r\nConnection: Upgrade\r\nUpgrade: ${peerUpgrade}\r\n\r\n`,
      );
      this.#shakeHands(socket, () => clearTimeout(timeout));
    });
  }

  /** Drops the connection; what waits is forgotten. */
  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#state = "idle";
    this.#queue = [];
    this.#unflushed = [];
    // What was written still leaves: a graceful leave ends with messages.
    socket?.destroySoon();
  }

  #shakeHands(socket: Socket, done: () => void): void {
    const me = this.#owner.identity;
    const hello = introduce(me);
    const decoder = new FrameDecoder(handshakeFrameBytesMax);
    let head: Buffer | null = Buffer.alloc(0);
    let challenge: Introduction | null = null;
    const onFrame = (frame: unknown) => {
      if (challenge === null) {
        challenge = readIntroduction(frame, me);
        socket.write(encodeFrame(prove(this.#owner.secret, "dialer", hello, challenge)));
        return;
      }
      checkProof(frame, prove(this.#owner.secret, "acceptor", hello, challenge));
      socket.removeListener("data", onData);
      // Nothing but the end is expected from here on; reading is how it is noticed.
      socket.resume();
      done();
      this.#ready(challenge.node);
    };
    const onData = (chunk: Buffer) => {
      try {
        let rest = chunk;
        if (head !== null) {
          const answer = readResponseHead((head = Buffer.concat([head, chunk])));
          if (answer === null) return;
          head = null;
          socket.write(encodeFrame(hello));
          rest = answer;
        }
        for (const frame of decoder.push(rest)) onFrame(frame);
      } catch (error) {
        const byPeer = error instanceof HandshakeError && error.byPeer;
        this.#owner.refused(this, error instanceof Error ? error.message : String(error), byPeer);
        socket.destroy();
      }
    };
    socket.on("data", onData);
  }

  #ready(node: NodeId): void {
    this.#state = "ready";
    this.node = node;
    this.#owner.connected(this, node);
    for (const message of this.#queue.splice(0)) this.#write(message);
    this.flush();
  }

  #write(message: OutgoingMessage): void {
    const socket = this.#socket!;
    const { node } = message.to;
    if ((node !== null && node !== this.node) || socket.writableLength > queuedBytesMax) {
      this.#fail([message]);
      return;
    }
    const frame = frameOf(message);
    if (frame === null) {
      // The message is at fault and not the peer: nobody is to suspect it for that.
      this.#owner.failed(this, [message]);
      return;
    }
    this.#frames.push(frame);
    this.#unflushed.push(message);
    this.#owner.wrote(frame.length);
  }

  #end(): void {
    const [perhaps, never] = [this.#unflushed, this.#queue];
    if (this.#state === "dialling") this.#redialAt = performance.now() + redialPauseMs;
    this.#state = "idle";
    this.#socket = null;
    this.#frames = [];
    this.#queue = [];
    this.#unflushed = [];
    this.#owner.failed(this, perhaps);
    this.#fail(never);
  }

  /** These will never leave. */
  #fail(messages: readonly OutgoingMessage[]): void {
    this.#owner.failed(this, messages);
    const ids = messages.map(({ envelope }) => envelope.id);
    if (this.#undelivered !== null) {
      this.#undelivered.push(...ids);
      return;
    }
    this.#undelivered = ids;
    setImmediate(() => {
      const undelivered = this.#undelivered ?? [];
      this.#undelivered = null;
      this.#owner.unreachable(this, undelivered);
    });
  }
}

/** Null for a message that is larger than a frame may be: many large siblings of one key, say. */
function frameOf(message: OutgoingMessage): Buffer | null {
  try {
    return encodeShortFrame(message.envelope);
  } catch (error) {
    if (error instanceof FrameError) return null;
    throw error;
  }
}

/** What follows the head of an upgrade response; null while the head is incomplete. Throws when it is no upgrade. */
function readResponseHead(bytes: Buffer): Buffer | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1 && bytes.length < responseHeadBytesMax) return null;
  if (!bytes.toString("latin1", 0, 12).startsWith("HTTP/1.1 101")) {
    throw new HandshakeError("what answers there is not a Lightcone node");
  }
  return bytes.subarray(end + 4);
}
