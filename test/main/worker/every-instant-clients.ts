/** Clients of a node that is going to be killed: what each did, what was acknowledged to it, and whether that is still so. */
import { expect } from "vitest";
import { descends, merge, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { type Answer, eventually, type TestNode } from "./cluster.ts";
import { Subscriber } from "./subscriber.ts";

const accounts = ["ann", "bob", "cy", "dee"];
const balanceAtFirst = 1_000;
const keysOfWriter = 5;

const call = (node: TestNode, module: string, reducer: string, args: unknown) =>
  node.request("POST", `/api/v1/call/${module}/${reducer}`, args);

/** The result of a query that a node just restarted may not be able to answer yet. */
async function ask<Result>(node: TestNode, module: string, query: string, args: unknown): Promise<Result> {
  const { body } = await node.request("POST", `/api/v1/query/${module}/${query}`, args);
  return body["result"] as Result;
}

/** Repeats until the node is gone, or it is time to stop. Whatever was under way then is nobody's promise. */
async function repeat(isOver: () => boolean, action: () => Promise<void>): Promise<void> {
  while (!isOver()) {
    try {
      await action();
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
  }
}

/** Its connection was refused or broke. */
const isGone = (error: unknown) =>
  error instanceof TypeError && ["fetch failed", "terminated"].includes(error.message);

/** Writes values that no other write has, under keys that nobody else writes. */
export class Writer {
  readonly #name: string;
  /** Key to the number of the newest acknowledged write. */
  readonly #acknowledged = new Map<string, number>();
  #attempted = 0;
  acknowledged = 0;

  constructor(name: string) {
    this.#name = name;
  }

  async work(node: TestNode, isOver: () => boolean, answered: (answer: Answer) => void): Promise<void> {
    await repeat(isOver, async () => {
      const number = ++this.#attempted;
      const key = `${this.#name}-${number % keysOfWriter}`;
      const answer = await node.put(key, `${this.#name}.${number}`);
      if (answer.status !== 200) return;
      this.#acknowledged.set(key, number);
      this.acknowledged += 1;
      answered(answer);
    });
  }

  async judge(node: TestNode): Promise<void> {
    for (const [key, number] of this.#acknowledged) {
      const { body } = await eventually(`${key} to be read`, async () => {
        const answer = await node.get(key);
        return answer.status === 200 && answer;
      });
      const found = (body["values"] as string[]).map((value) => Number(value.split(".")[1]));
      const newest = Math.max(...found);
      expect(newest, `${key}: ${newest} is there, ${number} was acknowledged`).toBeGreaterThanOrEqual(number);
      expect(newest, `${key}: nobody wrote ${newest}`).toBeLessThanOrEqual(this.#attempted);
    }
  }
}

/** Moves money about, and never makes any. */
export class Banker {
  #turn = 0;
  acknowledged = 0;

  static async open(node: TestNode): Promise<void> {
    for (const account of accounts)
      expect((await call(node, "bank", "open", { account, balance: balanceAtFirst })).status).toBe(200);
  }

  async work(node: TestNode, isOver: () => boolean): Promise<void> {
    await repeat(isOver, async () => {
      const turn = ++this.#turn;
      const from = accounts[turn % accounts.length]!;
      const to = accounts[(turn + 1 + (turn % 3)) % accounts.length]!;
      const { status } = await call(node, "bank", "transfer", { from, to, amount: 1 + (turn % 7) });
      if (status === 200) this.acknowledged += 1;
    });
  }

  async judge(node: TestNode): Promise<void> {
    const sum = await ask(node, "bank", "sum", {});
    expect(sum).toEqual({ sum: accounts.length * balanceAtFirst, accounts: accounts.length });
  }
}

/** Counts up, and watches the counter from position 0 on: it must see each number once, in order, over all lives. */
export class Counter {
  /** Position to what was told of it. */
  readonly #told = new Map<number, number>();
  #attempted = 0;
  #newest = 0;
  #position = 0;
  #value = 0;
  #line: Subscriber | null = null;
  acknowledged = 0;

  get seen(): number {
    return this.#told.size;
  }

  async work(node: TestNode, isOver: () => boolean): Promise<void> {
    await repeat(isOver, async () => {
      this.#attempted += 1;
      const { status, body } = await call(node, "counter", "increment", { name: "n" });
      if (status !== 200) return;
      this.#newest = Math.max(this.#newest, body["result"] as number);
      this.acknowledged += 1;
    });
  }

  watch(node: TestNode): void {
    this.#line = watching(node, this.#position);
  }

  /** What came over a line that has ended. */
  async collect(): Promise<void> {
    const line = this.#line!;
    await line.closed;
    this.#take(line);
  }

  /** Ends a line to a node that lives on. */
  async leave(): Promise<void> {
    await this.#line!.end();
    this.#take(this.#line!);
  }

  /** `fromTheBeginning`: also everything told so far is told again as it was. */
  async judge(node: TestNode, fromTheBeginning: boolean): Promise<void> {
    const value = await ask<number>(node, "counter", "value", { name: "n" });
    expect(value, "acknowledged and lost").toBeGreaterThanOrEqual(this.#newest);
    expect(value, "counted twice").toBeLessThanOrEqual(this.#attempted);
    await this.#catchUp(watching(node, this.#position), value);
    if (!fromTheBeginning) return;
    const again = new Counter();
    await again.#catchUp(watching(node, 0), value);
    expect([...again.#told]).toEqual([...this.#told]);
  }

  async #catchUp(line: Subscriber, value: number): Promise<void> {
    if (value > this.#value)
      await eventually(`the change to ${value}`, () => {
        const { error } = problemOf(line);
        if (error !== undefined) throw new Error(error);
        return newestIn(line) === value;
      });
    await line.end();
    this.#take(line);
    expect(this.#value).toBe(value);
  }

  #take({ commits }: Subscriber): void {
    for (const { position, changes } of commits) {
      expect(position, "told in order").toBeGreaterThan(this.#position);
      expect(changes.map(({ row }) => row)).toEqual([this.#value + 1]);
      this.#position = position;
      this.#value += 1;
      this.#told.set(position, this.#value);
    }
  }
}

const watching = (node: TestNode, after: number) =>
  new Subscriber(node.address, `?module=counter&after=${after}`);
const newestIn = ({ commits }: Subscriber) => commits.at(-1)?.changes.at(-1)?.row;
const problemOf = ({ messages }: Subscriber) => ({
  error: messages.find((message) => message.kind === "error")?.message,
});

/** What a node said of its own clock, in answers that had to wait until it was kept. */
export class ClockWatch {
  readonly #seen = new Map<string, VectorClock>();

  answered({ body }: Answer): void {
    const coordinator = body["coordinator"] as string;
    const { clocks } = body["vector_clock"] as { clocks: VectorClock };
    this.#seen.set(coordinator, merge(this.#seen.get(coordinator) ?? {}, clocks));
  }

  async judge(node: TestNode): Promise<void> {
    const { body } = await node.request("GET", "/api/v1/vector-clock");
    const { clocks } = body["vector_clock"] as { clocks: VectorClock };
    const before = this.#seen.get(node.id) ?? {};
    expect(descends(clocks, before), `${JSON.stringify(clocks)} after ${JSON.stringify(before)}`).toBe(true);
  }
}
