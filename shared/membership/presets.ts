/** Three settings of membership, each for a different watcher. */
import type { MembershipConfig, Preset } from "./types.ts";

export const membershipPresets: Readonly<Record<Preset, MembershipConfig>> = {
  /**
   * One machine, loopback, up to a dozen nodes: a killed node is dead in everybody's view in under 2 s. The least
   * suspicion, 4 × 200 ms, is twice the longest stall of an event loop that must not convict (400 ms). In five nodes
   * each rumour reaches all the others in one round of gossip.
   */
  lab: {
    probeInterval: 200,
    // This and half of it, after which a helper gives up, must fit into the interval with room for late timers.
    probeTimeout: 110,
    gossipInterval: 60,
    gossipNodes: 4,
    indirectProbes: 3,
    suspicionMult: 4,
    suspicionMaxTimeoutMult: 2,
    retransmitMult: 4,
    awarenessMax: 8,
    pushPullInterval: 5_000,
    reconnectInterval: 1_000,
    forgetLeftAfter: 60_000,
    joinRetryInterval: 100,
  },
  /** memberlist's DefaultLANConfig. */
  lan: {
    probeInterval: 1_000,
    probeTimeout: 500,
    gossipInterval: 200,
    gossipNodes: 3,
    indirectProbes: 3,
    suspicionMult: 4,
    suspicionMaxTimeoutMult: 6,
    retransmitMult: 4,
    awarenessMax: 8,
    pushPullInterval: 30_000,
    reconnectInterval: 10_000,
    forgetLeftAfter: 24 * 3_600_000,
    joinRetryInterval: 1_000,
  },
  /** Slow enough to watch each probe, each suspicion and each rumour arrive. */
  classroom: {
    probeInterval: 2_000,
    probeTimeout: 1_000,
    gossipInterval: 1_000,
    gossipNodes: 1,
    indirectProbes: 2,
    suspicionMult: 4,
    suspicionMaxTimeoutMult: 2,
    retransmitMult: 3,
    awarenessMax: 4,
    pushPullInterval: 30_000,
    reconnectInterval: 5_000,
    forgetLeftAfter: 600_000,
    joinRetryInterval: 1_000,
  },
};
