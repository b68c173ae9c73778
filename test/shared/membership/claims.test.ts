import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { incarnationMax, isSaneClaim, supersedes } from "../../../shared/membership/claims.ts";
import { Membership } from "../../../shared/membership/membership.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import type { Claim, MembershipEffects } from "../../../shared/membership/types.ts";
import type { MemberStatus } from "../../../shared/trace/names.ts";
import { randomFrom } from "./driver.ts";

const statuses: readonly MemberStatus[] = ["alive", "suspect", "dead", "left"];
const names = ["b", "c", "d"] as const;

/** The address follows from node and incarnation, as it does in a cluster whose nodes persist their incarnation. */
const claimOf = (node: string, status: MemberStatus, incarnation: number): Claim => ({
  node: asNodeId(node),
  address: `${node}:${incarnation}`,
  status,
  incarnation,
  from: asNodeId(node),
});

const claims = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...statuses), fc.integer({ min: 0, max: 4 }))
  .map(([node, status, incarnation]) => claimOf(node, status, incarnation));

const silent: MembershipEffects = {
  send: () => undefined,
  changed: () => undefined,
  persistIncarnation: () => undefined,
  refuted: () => undefined,
};

function newMembership(): Membership {
  const membership = new Membership({
    config: membershipPresets.lab,
    node: asNodeId("a"),
    address: "a:1",
    incarnation: 0,
    members: [],
    seeds: [],
    random: randomFrom(1),
    now: 0,
  });
  membership.start(0, silent);
  return membership;
}

function beliefsAfter(heard: readonly Claim[]): string[] {
  const membership = newMembership();
  const from = { node: asNodeId("b"), address: "b:1" };
  for (const claim of heard) membership.receive(0, from, { kind: "GOSSIP", rumours: [claim] }, silent);
  return membership
    .members()
    .filter(({ node }) => node !== "a")
    .map(({ node, status, incarnation, address }) => `${node} ${status}@${incarnation} ${address}`);
}

const rank = (claim: Claim) => claim.incarnation * 10 + statuses.indexOf(claim.status);

/** The naive twin: the greatest claim about each, by incarnation, then by status. */
function greatest(heard: readonly Claim[]): string[] {
  return names.flatMap((name) => {
    const about = heard.filter(({ node }) => node === name);
    const top = about.toSorted((a, b) => rank(b) - rank(a))[0];
    return top ? [`${name} ${top.status}@${top.incarnation} ${top.address}`] : [];
  });
}

describe("claims", () => {
  it("P14: what is believed depends neither on the order of claims nor on repetition", () => {
    fc.assert(
      fc.property(fc.array(claims, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (heard, picks) => {
        const expected = greatest(heard);
        expect(beliefsAfter(heard)).toEqual(expected);
        const shuffled = [...heard, ...heard].map((claim) => ({ claim, key: picks.next().value ?? 0 }));
        shuffled.sort((a, b) => a.key - b.key);
        expect(beliefsAfter(shuffled.map(({ claim }) => claim))).toEqual(expected);
      }),
    );
  });

  it("P14: dead@10 after dead@1 counts, and alive@2 is refused", () => {
    expect(
      beliefsAfter([claimOf("b", "dead", 1), claimOf("b", "dead", 10), claimOf("b", "alive", 2)]),
    ).toEqual(["b dead@10 b:10"]);
  });

  it("never lets a claim supersede itself, and always orders two different ones", () => {
    fc.assert(
      fc.property(claims, claims, (a, b) => {
        const isSame = a.status === b.status && a.incarnation === b.incarnation;
        expect([supersedes(a, b), supersedes(b, a)].filter(Boolean)).toHaveLength(isSame ? 0 : 1);
      }),
    );
  });

  it("drops what is not sane", () => {
    const sane = claimOf("b", "alive", 1);
    expect(isSaneClaim(sane)).toBe(true);
    expect(isSaneClaim({ ...sane, incarnation: incarnationMax })).toBe(true);
    for (const incarnation of [-1, 0.5, Number.NaN, Infinity, incarnationMax + 1, 2 ** 60]) {
      expect(isSaneClaim({ ...sane, incarnation }), String(incarnation)).toBe(false);
    }
    expect(isSaneClaim({ ...sane, node: asNodeId("") })).toBe(false);
    expect(isSaneClaim({ ...sane, from: asNodeId("not a name") })).toBe(false);
    expect(isSaneClaim({ ...sane, address: "" })).toBe(false);
    expect(isSaneClaim({ ...sane, address: "x".repeat(1000) })).toBe(false);
    expect(isSaneClaim({ ...sane, status: "undead" as MemberStatus })).toBe(false);
  });

  it("stays within bounds whatever is claimed of the node itself", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (incarnations) => {
        const membership = newMembership();
        for (const incarnation of [...incarnations, incarnationMax, incarnationMax + 1]) {
          const rumours = [claimOf("a", "dead", incarnation)];
          membership.receive(0, { node: asNodeId("b"), address: "b:1" }, { kind: "GOSSIP", rumours }, silent);
        }
        expect(Number.isSafeInteger(membership.incarnation)).toBe(true);
        expect(membership.incarnation).toBeLessThanOrEqual(incarnationMax);
        expect(membership.members().map(({ node }) => node)).toEqual(["a"]);
      }),
    );
  });

  it("refuses to start with an incarnation that no earlier life can have written", () => {
    const options = {
      config: membershipPresets.lab,
      node: asNodeId("a"),
      address: "a:1",
      members: [],
      seeds: [],
    };
    for (const incarnation of [-1, 1.5, Number.NaN, incarnationMax]) {
      const start = () => new Membership({ ...options, incarnation, random: randomFrom(1), now: 0 });
      expect(start, String(incarnation)).toThrow(RangeError);
    }
  });
});
