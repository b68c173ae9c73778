import { z } from "zod";

export const themes = ["system", "light", "dark", "projector"] as const;
export type Theme = (typeof themes)[number];

/** The panels that can be hidden. */
export type SidePanel = keyof Prefs["hidden"];
const leftTabs = ["map", "ring"] as const;
export type LeftTab = (typeof leftTabs)[number];
/** "start" holds the three cards; it is there until it is closed. */
export const drawerTabs = [
  "start",
  "data",
  "conflicts",
  "key",
  "merkle",
  "storage",
  "members",
  "links",
  "statistics",
  "log",
  "scenarios",
  "hunt",
  "sessions",
] as const;
export type DrawerTab = (typeof drawerTabs)[number];

const sizesSchema = z.record(z.string(), z.number().min(0).max(100));

const prefsSchema = z.object({
  theme: z.enum(themes),
  membershipShown: z.boolean(),
  axis: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  hidden: z.object({ left: z.boolean(), inspector: z.boolean(), drawer: z.boolean() }),
  leftTab: z.enum(leftTabs),
  drawerTab: z.enum(drawerTabs),
  /** Panel sizes in per cent, by group of panels. */
  sizes: z.record(z.string(), sizesSchema),
  cardsClosed: z.boolean(),
});

/** What the window remembers from one start to the next. */
export type Prefs = z.infer<typeof prefsSchema>;

export const firstPrefs: Prefs = {
  theme: "system",
  membershipShown: false,
  axis: 1,
  hidden: { left: false, inspector: false, drawer: false },
  leftTab: "map",
  drawerTab: "start",
  sizes: {},
  cardsClosed: false,
};

const prefNames = Object.keys(firstPrefs) as (keyof Prefs)[];

/** The remembered part of a larger state. */
export function prefsOf(state: Prefs): Prefs {
  return Object.fromEntries(prefNames.map((name) => [name, state[name]])) as Prefs;
}

export function samePrefs(a: Prefs, b: Prefs): boolean {
  return prefNames.every((name) => a[name] === b[name]);
}

const storageKey = "lightcone.window.1";

/** What was kept, field by field: a value of another version falls back to the first one. */
export function loadPrefs(storage: Pick<Storage, "getItem">): Prefs {
  const kept = parseJson(storage.getItem(storageKey));
  if (typeof kept !== "object" || kept === null) return firstPrefs;
  const fields = Object.entries(prefsSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse((kept as Record<string, unknown>)[name]);
    return [name, parsed.success ? parsed.data : firstPrefs[name as keyof Prefs]];
  });
  return Object.fromEntries(fields) as Prefs;
}

export function savePrefs(storage: Pick<Storage, "setItem">, prefs: Prefs): void {
  storage.setItem(storageKey, JSON.stringify(prefs));
}

function parseJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
