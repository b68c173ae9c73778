/** The slow demonstrations on real processes. */
import { it } from "vitest";
import { expectToHold, patient, slowDemonstrations } from "./real-demonstrations.ts";

it.each(slowDemonstrations)("%s holds on real processes", (file) => expectToHold(patient(file)));
