import { describe, expect, it } from "vitest";
import { takeToken } from "../../../renderer/base/connect.web.ts";

function page(hash: string, kept: string | null = null) {
  const storage = new Map<string, string>(kept === null ? [] : [["lightcone.token", kept]]);
  const addresses: string[] = [];
  return {
    addresses,
    storage,
    location: { hash, pathname: "/", search: "" },
    sessionStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => void storage.set(key, value),
    },
    history: {
      replaceState: (_data: unknown, _title: string, url?: string | URL | null) =>
        void addresses.push(String(url)),
    },
  };
}

describe("the token of the printed address", () => {
  it("is taken out of the address bar and kept for a reload", () => {
    const first = page("#token=abc");
    expect(takeToken(first)).toBe("abc");
    expect(first.addresses).toEqual(["/"]);
    expect(takeToken(page("", first.storage.get("lightcone.token")))).toBe("abc");
  });

  it("of a new address replaces the one kept", () => {
    expect(takeToken(page("#token=new", "old"))).toBe("new");
  });

  it("is null when there is none", () => {
    expect(takeToken(page(""))).toBeNull();
  });
});
