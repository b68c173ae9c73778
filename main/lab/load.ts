/**
 * A light load: a few clients that put, get and delete a handful of keys through whatever node runs, so that there is
 * always something to look at.
 *
 * The keys are few on purpose: the same ones come back on screen, and two sides of a partition soon write the same one.
 * The load is bounded: when the cluster does not answer, requests are skipped, not piled up.
 */
import { Agent } from "node:http";
import { LabError } from "../../shared/contract/errors.ts";
import { type DataRequest, sendData } from "./data.ts";
import type { ExchangeTarget } from "./exchange.ts";

const baskets = ["cart", "profile", "score", "lamp"];
const people = ["ada", "alan", "barbara", "edsger", "grace"];
const words = ["tea", "bread", "apples", "rice", "lemons", "honey", "coffee", "pears"];
/** Puts, gets and deletes among every ten operations. */
const mix: readonly DataRequest["op"][] = [
  "put",
  "put",
  "put",
  "put",
  "get",
  "get",
  "get",
  "get",
  "get",
  "delete",
];
const inFlightMax = 32;
/** No timer is set shorter than this; a high rate does several operations a beat. */
const beatMsMin = 10;

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;

export interface LoadState {
  readonly running: boolean;
  readonly opsPerSecond: number;
  readonly ok: number;
  readonly failed: number;
}

export class Load {
  readonly #targets: () => readonly ExchangeTarget[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: inFlightMax });
  #running = false;
  #opsPerSecond: number;
  #ok = 0;
  #failed = 0;
  #inFlight = 0;
  #due = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `targets` names the nodes that run now. */
  constructor(opsPerSecond: number, targets: () => readonly ExchangeTarget[]) {
    this.#opsPerSecond = opsPerSecond;
    this.#targets = targets;
  }

  get state(): LoadState {
    return { running: this.#running, opsPerSecond: this.#opsPerSecond, ok: this.#ok, failed: this.#failed };
  }

  set(running: boolean, opsPerSecond = this.#opsPerSecond): void {
    this.#running = running;
    this.#opsPerSecond = opsPerSecond;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#due = 0;
    if (!running) return;
    const beatMs = Math.max(beatMsMin, 1000 / opsPerSecond);
    this.#timer = setInterval(() => {
      this.#due += (opsPerSecond * beatMs) / 1000;
      for (; this.#due >= 1; this.#due -= 1) void this.#operate();
    }, beatMs);
  }

  close(): void {
    this.set(false);
    this.#agent.destroy();
  }

  async #operate(): Promise<void> {
    const targets = this.#targets();
    if (targets.length === 0 || this.#inFlight >= inFlightMax) return;
    const op = pick(mix);
    const key = `${pick(baskets)}:${pick(people)}`;
    this.#inFlight += 1;
    try {
      const value = `${1 + Math.floor(Math.random() * 9)} ${pick(words)}`;
      await sendData(pick(targets), { op, key, ...(op === "put" && { value }) }, this.#agent);
      this.#ok += 1;
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      this.#failed += 1;
    } finally {
      this.#inFlight -= 1;
    }
  }
}
