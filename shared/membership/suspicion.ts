/**
 * Suspicion: the time a member is given to answer for itself before it is called dead.
 *
 * A single failed probe proves little. A suspected member is told so and may refute with a higher incarnation. How
 * long to wait is a trade between slow detection and false convictions; Lifeguard settles it by evidence: the wait
 * starts at the maximum and shrinks with each independent member that suspects the same, down to the minimum at k of
 * them. The member that raised the suspicion is no witness to itself (P21), and a suspicion of a later incarnation is a
 * new one (P15).
 *
 * A verdict is given in two steps: once the time is up, one more short turn is waited, so that a refutation that
 * already lies in this node's socket buffer is read first. After a late wake-up no verdict falls for a whole probe
 * interval (P18).
 *
 * Source: Dadgar, Phillips, Currey 2018, "Lifeguard", §IV-B (LHA-Suspicion); formula and names after memberlist.
 */
import { noRarePaths, type RarePaths } from "../buggify.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { MembershipConfig } from "./types.ts";

interface Suspicion {
  startedAt: TimeMs;
  readonly min: TimeMs;
  readonly max: TimeMs;
  /** Confirmations that bring the wait down to `min`. */
  readonly wanted: number;
  readonly originator: NodeId;
  readonly confirmers: Set<NodeId>;
  /** Set when the time is up: the end of the last short turn. */
  verdictAt: TimeMs | null;
}

/** Independent confirmations wanted in a cluster of `members`; 0 where there are not that many to give them. */
export function confirmationsWanted(suspicionMult: number, members: number): number {
  const wanted = suspicionMult - 2;
  return members - 2 < wanted ? 0 : wanted;
}

const waitOf = ({ min, max, wanted, confirmers }: Suspicion): TimeMs => {
  if (wanted < 1) return min;
  const evidence = Math.log(confirmers.size + 1) / Math.log(wanted + 1);
  return Math.max(min, max - evidence * (max - min));
};

export class Suspicions {
  readonly #config: MembershipConfig;
  readonly #rare: RarePaths;
  readonly #open = new Map<NodeId, Suspicion>();
  /** No verdict before this. */
  #notBefore: TimeMs = 0;
  /** Not later than the first due time, and exact after each `takeDue`; Infinity when nothing is open. */
  #earliest: TimeMs = Infinity;

  constructor(config: MembershipConfig, rare = noRarePaths) {
    this.#config = config;
    this.#rare = rare;
  }

  get deadline(): TimeMs {
    return this.#earliest;
  }

  /** Opens the suspicion, or opens it anew when there is one. */
  start(now: TimeMs, node: NodeId, originator: NodeId, members: number): void {
    const { suspicionMult, suspicionMaxTimeoutMult, probeInterval } = this.#config;
    const min = suspicionMult * Math.max(1, Math.log10(Math.max(1, members))) * probeInterval;
    const suspicion: Suspicion = {
      startedAt: now,
      min,
      max: min * suspicionMaxTimeoutMult,
      wanted: confirmationsWanted(suspicionMult, members),
      originator,
      confirmers: new Set(),
      verdictAt: null,
    };
    this.#open.set(node, suspicion);
    this.#earliest = Math.min(this.#earliest, this.#dueAt(suspicion));
  }

  /** True when `from` is a new witness that is still wanted: then the news is worth passing on. */
  confirm(node: NodeId, from: NodeId): boolean {
    const suspicion = this.#open.get(node);
    if (!suspicion || from === suspicion.originator || suspicion.confirmers.has(from)) return false;
    if (suspicion.confirmers.size >= suspicion.wanted) return false;
    suspicion.confirmers.add(from);
    this.#earliest = Math.min(this.#earliest, this.#dueAt(suspicion));
    return true;
  }

  end(node: NodeId): void {
    this.#open.delete(node);
    if (this.#open.size === 0) this.#earliest = Infinity;
  }

  clear(): void {
    this.#open.clear();
    this.#earliest = Infinity;
  }

  /** Who raised the open suspicion of `node`. */
  originator(node: NodeId): NodeId | undefined {
    return this.#open.get(node)?.originator;
  }

  /** True when `node` has had its say in the open suspicion: as originator or as confirmer. */
  hasWitness(node: NodeId, witness: NodeId): boolean {
    const suspicion = this.#open.get(node);
    return suspicion !== undefined && (suspicion.originator === witness || suspicion.confirmers.has(witness));
  }

  /** The members whose time is up for good, each of them once. */
  takeDue(now: TimeMs): NodeId[] {
    if (now < this.deadline) return [];
    const due: NodeId[] = [];
    this.#earliest = Infinity;
    for (const [node, suspicion] of this.#open) {
      const dueAt = this.#dueAt(suspicion);
      if (now >= dueAt) {
        if (suspicion.verdictAt !== null && !this.#rare.buggify("a verdict waits another turn")) {
          due.push(node);
          this.#open.delete(node);
          continue;
        }
        suspicion.verdictAt = now + this.#config.probeTimeout / 5;
      }
      this.#earliest = Math.min(this.#earliest, this.#dueAt(suspicion));
    }
    return due;
  }

  /** This node was away for `lateness`: nobody could answer it meanwhile. */
  delay(now: TimeMs, lateness: TimeMs): void {
    this.#notBefore = now + this.#config.probeInterval;
    this.#earliest = Infinity;
    for (const suspicion of this.#open.values()) {
      suspicion.startedAt += lateness;
      suspicion.verdictAt = null;
      this.#earliest = Math.min(this.#earliest, this.#dueAt(suspicion));
    }
  }

  #dueAt(suspicion: Suspicion): TimeMs {
    return suspicion.verdictAt ?? Math.max(this.#notBefore, suspicion.startedAt + waitOf(suspicion));
  }
}
