import { expect, it } from "vitest";
import { latencyBounds, measured } from "../../../../main/storage/clocks/measured.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { ioError, ScriptedStore } from "./scripted-store.ts";

const node = asNodeId("node-1");

it("counts what was asked, what failed and how long it took, also of a store that answers late", async () => {
  const store = new ScriptedStore();
  let time = 0;
  const subject = measured(store, () => time);
  const slow = (ms: number) => {
    store.isSlow = true;
    const saved = subject.save(node, { a: 1 });
    time += ms;
    store.let();
    store.isSlow = false;
    return saved;
  };
  void subject.save(node, { a: 1 });
  await slow(3);
  store.failures = [ioError("EIO")];
  await expect(slow(6_000)).rejects.toThrow("EIO");
  store.failures = [ioError("EIO")];
  expect(() => subject.load(node)).toThrow("EIO");

  const { save, load, has } = subject.measures;
  expect(save).toMatchObject({ count: 3, errors: 1, seconds: 6.003 });
  expect(
    save.latencies.map((count, index) => [latencyBounds[index], count]).filter(([, count]) => count !== 0),
  ).toEqual([
    [0.000_01, 1],
    [0.005, 1],
    [undefined, 1],
  ]);
  expect(load).toMatchObject({ count: 1, errors: 1 });
  expect(has).toMatchObject({ count: 0, errors: 0, seconds: 0 });
});
