import { runCommand } from "./base/commands.ts";
import { connectElectron } from "./base/connect.electron.ts";
import { desktopFiles } from "./base/files.electron.ts";
import { refuse, startWindow } from "./base/start.tsx";

const bridge = window.lightcone;

if (bridge === undefined) {
  refuse(
    "This page belongs to the desktop window.",
    "Start the lab with npm start; in a browser, open the address it prints.",
  );
} else {
  const connection = connectElectron(bridge);
  startWindow(connection, desktopFiles(bridge, connection));
  bridge.onMenu((commandId) => void runCommand(commandId));
}
