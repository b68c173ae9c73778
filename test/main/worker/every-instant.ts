/**
 * Real node processes that are killed at random moments, again and again, under load or while they start, and the judges
 * of what each next life knows.
 */
import { choices } from "../storage/disk/choices.ts";
import { type NodeSettings, TestCluster, freePort, patient, type TestNode } from "./cluster.ts";
import { Banker, ClockWatch, Counter, Writer } from "./every-instant-clients.ts";

interface Siege {
  readonly nodes: 1 | 3;
  readonly flags: readonly string[];
  /** One is asked for right before some of the kills. */
  readonly snapshots: boolean;
  readonly kills: number;
  readonly seed: number;
  /** Told now and then how far it is. */
  readonly say?: (line: string) => void;
}

interface Toll {
  readonly kills: number;
  /** Of these, before the node served. */
  readonly whileStarting: number;
  readonly writes: number;
  readonly transfers: number;
  readonly increments: number;
  /** Changes that the watchers of the counters were told. */
  readonly told: number;
  readonly ms: number;
}

const writersOfNode = 4;
/** Load goes on for so long at most before the kill. */
const loadMs = 400;
/** One kill in so many falls into a start. */
const startsKilled = 5;
/** Looks at everything from position 0 on as well, one judgement in so many. */
const fromTheBeginningEvery = 10;

/** One node and whoever speaks to it. */
class Post {
  readonly banker = new Banker();
  readonly counter = new Counter();
  readonly writers: readonly Writer[];
  node: TestNode;

  constructor(node: TestNode) {
    this.node = node;
    this.writers = Array.from({ length: writersOfNode }, (_, nth) => new Writer(`${node.id}-w${nth}`));
  }

  work(isOver: () => boolean, clocks: ClockWatch): Promise<unknown> {
    const { node, banker, counter, writers } = this;
    counter.watch(node);
    return Promise.all([
      banker.work(node, isOver),
      counter.work(node, isOver),
      ...writers.map((writer) => writer.work(node, isOver, (answer) => clocks.answered(answer))),
    ]);
  }
}

export async function besiege({ nodes: size, flags, snapshots, kills, seed, say }: Siege): Promise<Toll> {
  const random = choices(seed);
  const cluster = new TestCluster();
  const settings: NodeSettings = {
    built: true,
    flags: [...flags, ...(size === 1 ? ["--n=1", "--r=1", "--w=1"] : [patient])],
  };
  const began = performance.now();
  const clocks = new ClockWatch();
  let whileStarting = 0;
  let startMs = 500;
  try {
    const nodes =
      size === 1
        ? [await cluster.spawn("node-1", await freePort(), settings).ready()]
        : await cluster.startMany(size, settings);
    const posts = nodes.map((node) => new Post(node));
    for (const { node } of posts) await Banker.open(node);
    const tollAt = (count: number): Toll => ({
      kills: count,
      whileStarting,
      ...servedBy(posts),
      ms: Math.round(performance.now() - began),
    });

    for (let kill = 1; kill <= kills; kill += 1) {
      const victims = random() < 0.3 ? posts : [posts[Math.floor(random() * posts.length)]!];
      let isOver = false;
      const load = posts.map((post) => post.work(() => isOver, clocks));
      await sleep(random() * loadMs);
      if (snapshots && random() < 0.7) {
        for (const { node } of victims) void askForSnapshot(node);
        await sleep(random() * 10);
      }
      await Promise.all(victims.map(({ node }) => node.signal("SIGKILL")));
      isOver = true;
      await Promise.all(load);
      for (const post of victims) {
        await post.counter.collect();
        post.node = cluster.spawn(post.node.id, post.node.port, settings, post.node.dataDir);
      }
      const spawned = performance.now();
      if (kill < kills && random() * startsKilled < 1) {
        const [{ node }] = victims as [Post];
        await sleep(random() * startMs);
        await node.signal("SIGKILL");
        victims[0]!.node = cluster.spawn(node.id, node.port, settings, node.dataDir);
        kill += 1;
        whileStarting += 1;
      } else {
        await Promise.all(victims.map(({ node }) => node.ready()));
        startMs = (startMs * 4 + (performance.now() - spawned)) / 5;
      }
      await Promise.all(victims.map(({ node }) => node.ready()));
      for (const post of posts) if (!victims.includes(post)) await post.counter.leave();
      await judge(posts, clocks, !snapshots && kill % fromTheBeginningEvery === 0);
      if (kill % 50 < 2) say?.(`${JSON.stringify(tollAt(kill))}, a start takes ${Math.round(startMs)} ms`);
    }
    return tollAt(kills);
  } finally {
    await cluster.end();
  }
}

function servedBy(posts: readonly Post[]) {
  const sum = (of: (post: Post) => number) => posts.reduce((total, post) => total + of(post), 0);
  return {
    writes: sum(({ writers }) => writers.reduce((total, { acknowledged }) => total + acknowledged, 0)),
    transfers: sum(({ banker }) => banker.acknowledged),
    increments: sum(({ counter }) => counter.acknowledged),
    told: sum(({ counter }) => counter.seen),
  };
}

async function judge(posts: readonly Post[], clocks: ClockWatch, fromTheBeginning: boolean): Promise<void> {
  for (const { node, banker, counter, writers } of posts) {
    await Promise.all([banker.judge(node), counter.judge(node, fromTheBeginning), clocks.judge(node)]);
    await Promise.all(writers.map((writer) => writer.judge(node)));
  }
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** The node does not live to answer, or just so. */
async function askForSnapshot(node: TestNode): Promise<void> {
  try {
    await node.request("POST", "/api/v1/snapshot");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
