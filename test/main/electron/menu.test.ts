/** The native menu names commands of the window; one that is renamed there must be renamed here. */
import type { MenuItemConstructorOptions } from "electron";
import { describe, expect, it, vi } from "vitest";
import { menuTemplate } from "../../../main/electron/menu.ts";
import { clusterCommands } from "../../../renderer/session/commands/cluster-commands.ts";
import { faultCommands } from "../../../renderer/session/commands/fault-commands.ts";
import { sessionCommands } from "../../../renderer/session/commands/session-commands.ts";
import { viewCommands } from "../../../renderer/session/commands/view-commands.ts";

const itemsOf = (template: MenuItemConstructorOptions[]) =>
  template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));

const roles = (isPackaged: boolean) => itemsOf(menuTemplate(vi.fn(), isPackaged)).map(({ role }) => role);

describe("the native menu", () => {
  it("names only commands that the window has", () => {
    const known = [clusterCommands, faultCommands, sessionCommands, viewCommands].flat().map(({ id }) => id);
    const named = itemsOf(menuTemplate(vi.fn(), true)).flatMap(({ id }) => id ?? []);
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((id) => !known.includes(id))).toEqual([]);
    expect(new Set(named).size, "none twice").toBe(named.length);
  });

  it("offers developer tools only outside a package", () => {
    expect(roles(false)).toContain("toggleDevTools");
    expect(roles(true)).not.toContain("toggleDevTools");
  });
});
