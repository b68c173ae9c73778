/**
 * How two nodes prove to each other that they belong to the same cluster, without the secret crossing the wire.
 *
 *   dialer                                acceptor
 *     HELLO      who I am, nonce    →
 *                                   ←       CHALLENGE  who I am, nonce
 *     PROOF      HMAC(secret, …)    →
 *                                   ←       WELCOME    HMAC(secret, …)     (or REFUSED at any point, with the reason)
 *
 * Each proof covers both nonces, both names, the cluster, the protocol version and the role, so that it can neither be
 * replayed on another connection nor reflected back. The dialer proves first: a stranger who merely knocks gets nothing
 * to try passwords on. What it does not do: hide or sign the messages that follow. Across an untrusted network, put
 * the cluster into a private one.
 *
 * Source: the challenge-response scheme of ISO/IEC 9798-4 (mutual authentication with a keyed check function).
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { isNodeId, type NodeId } from "../../shared/ids.ts";
import { protocolVersion } from "../../shared/replica/types.ts";

/** The token of the HTTP upgrade that opens a peer connection. */
export const peerUpgrade = "lightcone";
export const peerPath = "/peer";
/** A handshake that takes longer is given up by both sides. */
export const handshakeTimeoutMs = 2_000;
/** Frames before the proof are small. */
export const handshakeFrameBytesMax = 4096;

/** What a node says of itself. `instance` tells a node that dialled itself from another one of the same name. */
export interface Identity {
  readonly node: NodeId;
  readonly address: string;
  readonly cluster: string;
  readonly instance: string;
}

const nonce = z.string().regex(/^[0-9a-f]{64}$/);
const identity = {
  node: z.string().refine(isNodeId),
  address: z.string().min(1).max(300),
  cluster: z.string().min(1).max(100),
  instance: z.string().min(1).max(100),
};
/** Read first, before anything that may differ from version to version. */
const versioned = z.object({ protocol: z.number().int() });
const introduction = z.object({ protocol: z.literal(protocolVersion), nonce, ...identity });
const proof = z.object({ proof: z.string().regex(/^[0-9a-f]{64}$/) });
const refusal = z.object({ refused: z.string().max(1000) });

/** HELLO and CHALLENGE have the same shape. */
export type Introduction = z.infer<typeof introduction>;

export class HandshakeError extends Error {
  /** Whether the other side said so; then it is not told again. */
  readonly byPeer: boolean;
  constructor(reason: string, byPeer = false) {
    super(reason);
    this.name = "HandshakeError";
    this.byPeer = byPeer;
  }
}

export const wasMyself = "this node reached itself";

export function introduce(me: Identity): Introduction {
  return { protocol: protocolVersion, nonce: randomBytes(32).toString("hex"), ...me };
}

export const refuse = (reason: string) => ({ refused: reason });

/** Checks a HELLO or CHALLENGE. Throws HandshakeError with the reason in words. */
export function readIntroduction(frame: unknown, me: Identity): Introduction {
  throwIfRefused(frame);
  const version = versioned.safeParse(frame);
  if (!version.success) throw new HandshakeError("it does not speak the protocol of Lightcone nodes");
  if (version.data.protocol !== protocolVersion) {
    throw new HandshakeError(
      `it speaks protocol version ${version.data.protocol} and this node speaks ${protocolVersion}; run the same Lightcone on both`,
    );
  }
  const parsed = introduction.safeParse(frame);
  if (!parsed.success) throw new HandshakeError("its introduction is malformed");
  const other = parsed.data;
  if (other.cluster !== me.cluster) {
    throw new HandshakeError(`it belongs to cluster "${other.cluster}" and this node to "${me.cluster}"`);
  }
  if (other.node === me.node) {
    throw new HandshakeError(
      other.instance === me.instance ? wasMyself : `it calls itself ${other.node}, and so does this node`,
    );
  }
  return other;
}

/** The frame with which `role` proves that it knows the secret. */
export function prove(
  secret: string,
  role: "dialer" | "acceptor",
  hello: Introduction,
  challenge: Introduction,
) {
  const transcript = [role, ...fields(hello), ...fields(challenge)];
  return { proof: createHmac("sha256", secret).update(JSON.stringify(transcript)).digest("hex") };
}

/** Throws HandshakeError unless the frame is exactly the expected proof. */
export function checkProof(frame: unknown, expected: { readonly proof: string }): void {
  throwIfRefused(frame);
  const parsed = proof.safeParse(frame);
  if (
    !parsed.success ||
    !timingSafeEqual(Buffer.from(parsed.data.proof, "hex"), Buffer.from(expected.proof, "hex"))
  ) {
    throw new HandshakeError("it does not know the cluster's secret");
  }
}

function throwIfRefused(frame: unknown): void {
  const parsed = refusal.safeParse(frame);
  if (parsed.success) throw new HandshakeError(parsed.data.refused, true);
}

const fields = (side: Introduction) => [
  side.protocol,
  side.cluster,
  side.node,
  side.address,
  side.instance,
  side.nonce,
];
