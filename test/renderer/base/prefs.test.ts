import { describe, expect, it } from "vitest";
import { firstPrefs, loadPrefs, prefsOf, samePrefs, savePrefs } from "../../../renderer/base/prefs.ts";

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe("what the window remembers", () => {
  it("comes back as it was", () => {
    const place = storage();
    const prefs = {
      ...firstPrefs,
      theme: "projector" as const,
      hidden: { left: true, inspector: false, drawer: true },
      sizes: { "columns:side+centre": { side: 30, centre: 70 } },
    };
    savePrefs(place, prefs);
    expect(loadPrefs(place)).toEqual(prefs);
  });

  it("is the first one when nothing, or nonsense, was kept", () => {
    const place = storage();
    expect(loadPrefs(place)).toEqual(firstPrefs);
    savePrefs(place, firstPrefs);
    const [key] = [...place.kept.keys()];
    for (const text of ["{", "null", "[]", '"x"', "7"]) {
      place.kept.set(key!, text);
      expect(loadPrefs(place)).toEqual(firstPrefs);
    }
  });

  it("replaces only the fields that another version left unreadable", () => {
    const place = storage();
    savePrefs(place, { ...firstPrefs, theme: "dark", drawerTab: "log" });
    const [key] = [...place.kept.keys()];
    place.kept.set(key!, place.kept.get(key!)!.replace('"log"', '"gone"'));
    expect(loadPrefs(place)).toEqual({ ...firstPrefs, theme: "dark" });
  });

  it("is only a part of the state", () => {
    const state = { ...firstPrefs, search: "x" };
    expect(prefsOf(state)).toEqual(firstPrefs);
    expect(samePrefs(state, { ...firstPrefs })).toBe(true);
    expect(samePrefs(state, { ...firstPrefs, axis: 2 })).toBe(false);
  });
});
