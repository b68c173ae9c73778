/** Durable writes over HTTP against three nodes on this machine, beside three etcd members with the same client. */
import { join } from "node:path";
import { httpRequest, runLoad } from "./http-load.ts";
import { allSee, freePorts, isInstalled, nodeArgs, until, withProcesses } from "./processes.ts";
import { median, percentile, report } from "./report.ts";

const value = "x".repeat(100);
const timing = { warmUpMs: 3000, measureMs: 6000 };

async function lightcone(connections: number) {
  const ports = await freePorts(3);
  return withProcesses(async (dir, start) => {
    ports.forEach((_, index) => start(process.execPath, nodeArgs(index, ports, dir)));
    await until("three alive", 20_000, () => allSee(ports, 3, "alive"));
    const body = JSON.stringify({ value });
    return runLoad({
      ports,
      connections,
      ...timing,
      request: (n, port) => httpRequest("PUT", `/api/v1/data/key-${n % 1000}`, port, body),
    });
  });
}

async function etcd(connections: number) {
  const ports = await freePorts(6);
  return withProcesses(async (dir, start) => {
    const cluster = [0, 1, 2].map((index) => `m${index}=http://127.0.0.1:${ports[3 + index]}`).join(",");
    for (let index = 0; index < 3; index++) {
      const client = `http://127.0.0.1:${ports[index]}`;
      const peer = `http://127.0.0.1:${ports[3 + index]}`;
      start("etcd", [
        "--name",
        `m${index}`,
        "--data-dir",
        join(dir, `m${index}`),
        "--listen-client-urls",
        client,
        "--advertise-client-urls",
        client,
        "--listen-peer-urls",
        peer,
        "--initial-advertise-peer-urls",
        peer,
        "--initial-cluster",
        cluster,
        "--initial-cluster-state",
        "new",
        "--log-level",
        "error",
      ]);
    }
    const encoded = Buffer.from(value).toString("base64");
    const putBody = (n: number) =>
      JSON.stringify({ key: Buffer.from(`key-${n % 1000}`).toString("base64"), value: encoded });
    await until("etcd serves", 30_000, async () => {
      try {
        const answer = await fetch(`http://127.0.0.1:${ports[0]}/v3/kv/put`, {
          method: "POST",
          body: putBody(0),
        });
        return answer.ok;
      } catch (error) {
        if (error instanceof Error) return false;
        throw error;
      }
    });
    return runLoad({
      ports: ports.slice(0, 3),
      connections,
      ...timing,
      request: (n, port) => httpRequest("POST", "/v3/kv/put", port, putBody(n)),
    });
  });
}

async function put(bench: string, connections: number, target: number): Promise<void> {
  const own = await lightcone(connections);
  const peer = isInstalled("etcd")
    ? { peer: { name: "etcd", value: (await etcd(connections)).perSecond } }
    : {};
  report({
    bench,
    value: own.perSecond,
    unit: "req/s",
    target,
    better: "higher",
    detail: {
      failed: own.failed,
      p50ms: Number(median(own.latencyMs).toFixed(2)),
      p99ms: Number(percentile(own.latencyMs, 0.99).toFixed(2)),
    },
    ...peer,
  });
}

export const put64 = () => put("put-64", 64, 4000);
export const put1 = () => put("put-1", 1, 900);
