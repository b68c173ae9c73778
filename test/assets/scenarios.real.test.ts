/** The demonstrations on real processes, but for the slow ones (./scenarios.real.long.test.ts). */
import { it } from "vitest";
import { expectToHold, patient, quickDemonstrations } from "./real-demonstrations.ts";

it.each(quickDemonstrations)("%s holds on real processes", (file) => expectToHold(patient(file)));

it("18-crash-amnesia.yaml holds on real processes that keep nothing at all", async () => {
  const scenario = patient("18-crash-amnesia.yaml");
  const storage = { log: "memory", snapshots: "memory" } as const;
  await expectToHold({ ...scenario, cluster: { ...scenario.cluster, storage } });
});
