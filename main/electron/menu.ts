/**
 * The native menu. Its own items are commands of the window, sent by id: what they do, when they are allowed and which
 * keys they have is known there. Only what belongs to the system (copy, full screen, quit) is done here.
 */
import type { MenuItemConstructorOptions } from "electron";

const separator: MenuItemConstructorOptions = { type: "separator" };

export function menuTemplate(
  runInWindow: (commandId: string) => void,
  isPackaged: boolean,
): MenuItemConstructorOptions[] {
  const item = (label: string, commandId: string): MenuItemConstructorOptions => ({
    label,
    id: commandId,
    click: () => runInWindow(commandId),
  });
  const isMac = process.platform === "darwin";
  return [
    ...(isMac ? [{ role: "appMenu" } as const] : []),
    {
      label: "File",
      submenu: [
        item("New cluster…", "cluster.new"),
        separator,
        item("Open a recorded session…", "session.open"),
        item("Import a session file…", "session.import"),
        item("Keep this recording…", "session.save"),
        item("Save a copy as a file…", "session.export"),
        separator,
        { role: isMac ? "close" : "quit" },
      ],
    },
    { role: "editMenu" },
    {
      label: "Cluster",
      submenu: [
        item("Add a node", "node.add"),
        item("Kill the selected node", "node.kill"),
        item("Pause or resume the selected node", "node.pause"),
        item("Restart the selected node", "node.restart"),
        separator,
        item("Cut the network in halves", "partition.halves"),
        item("Heal everything", "partition.heal-all"),
        item("Undo the last fault", "undo"),
        separator,
        item("Load on or off", "load.toggle"),
      ],
    },
    {
      label: "View",
      submenu: [
        item("Command palette…", "palette"),
        item("Membership chatter", "membership"),
        item("Cluster map", "show.map"),
        item("Ring", "show.ring"),
        separator,
        item("Light", "theme.light"),
        item("Dark", "theme.dark"),
        item("Projector", "theme.projector"),
        separator,
        // F11 belongs to the window: it fills it with one panel.
        { role: "togglefullscreen", accelerator: isMac ? "Control+Command+F" : "Shift+F11" },
        ...(isPackaged ? [] : [separator, { role: "reload" } as const, { role: "toggleDevTools" } as const]),
      ],
    },
    { role: "windowMenu" },
    { role: "help", submenu: [item("Three things to try", "cards"), item("All keys", "keys")] },
  ];
}
