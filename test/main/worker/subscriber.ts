/** A client of `/api/v1/subscribe` for tests: what it was told, in order. */
import { WebSocket } from "ws";
import type { PublisherMessage, SubscriberMessage } from "../../../shared/runtime/subscription-messages.ts";
import { eventually } from "./cluster.ts";

export class Subscriber {
  readonly messages: PublisherMessage[] = [];
  readonly line: WebSocket;
  readonly closed: Promise<void>;

  constructor(address: string, query = "") {
    this.line = new WebSocket(`ws://${address}/api/v1/subscribe${query}`);
    this.line.on("error", () => undefined);
    this.line.on("message", (data: Buffer) =>
      this.messages.push(JSON.parse(data.toString("utf8")) as PublisherMessage),
    );
    this.closed = new Promise((done) => this.line.once("close", () => done()));
  }

  async open(): Promise<this> {
    await eventually("the line to be open", () => this.line.readyState === WebSocket.OPEN);
    return this;
  }

  say(message: SubscriberMessage): void {
    this.line.send(JSON.stringify(message));
  }

  get commits() {
    return this.messages.filter((message) => message.kind === "commit");
  }

  /** Of the newest commit or progress. */
  get position(): number {
    const last = this.messages.findLast(({ kind }) => kind === "commit" || kind === "progress");
    return last === undefined || !("position" in last) ? 0 : last.position;
  }

  async until<Kind extends PublisherMessage["kind"]>(kind: Kind): Promise<PublisherMessage & { kind: Kind }> {
    return eventually(`a message "${kind}"`, () =>
      this.messages.find((message): message is PublisherMessage & { kind: Kind } => message.kind === kind),
    );
  }

  async end(): Promise<void> {
    this.line.terminate();
    await this.closed;
  }
}
