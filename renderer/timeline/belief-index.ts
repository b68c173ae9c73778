/** What each node has believed of each other, over time: the stripes under the lanes. */
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import { text } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import type { MemberStatus } from "../../shared/trace/names.ts";

export interface BeliefChange {
  readonly at: TimeMs;
  readonly status: MemberStatus;
}

const none: readonly BeliefChange[] = [];
const statuses: readonly string[] = ["alive", "suspect", "dead", "left"] satisfies MemberStatus[];

export class BeliefIndex {
  readonly #history: History;
  /** By "about observer". */
  #changes = new Map<string, BeliefChange[]>();
  #cursor = 0;
  #epoch = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** Changes of one observer's belief about a node, oldest first. */
  of(about: NodeId, observer: NodeId): readonly BeliefChange[] {
    this.#catchUp();
    return this.#changes.get(`${about} ${observer}`) ?? none;
  }

  #catchUp(): void {
    if (this.#history.epoch !== this.#epoch) {
      this.#changes.clear();
      this.#cursor = 0;
      this.#epoch = this.#history.epoch;
    }
    for (; this.#cursor < this.#history.size; this.#cursor++) this.#take(this.#history.all[this.#cursor]!);
  }

  #take(event: RecordedEvent): void {
    if (event.op !== "membership" || event.name !== "member") return;
    const about = text(event.detail?.["about"]);
    const status = text(event.detail?.["status"]);
    if (about === null || status === null || !statuses.includes(status)) return;
    const name = `${about} ${event.node}`;
    const changes = this.#changes.get(name) ?? [];
    this.#changes.set(name, changes);
    let index = changes.length;
    while (index > 0 && changes[index - 1]!.at > event.at) index -= 1;
    changes.splice(index, 0, { at: event.at, status: status as MemberStatus });
  }
}
