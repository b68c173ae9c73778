/** The lab's contract for a program outside the lab: the command line, a script, a test. */
import { createConnection, type Schedule } from "../../shared/contract/client.ts";
import type { LabConnection } from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import { labProtocol, type SocketLike, webSocketChannel } from "../../shared/contract/web-socket.ts";

const connectTimeoutMs = 5_000;

export const scheduleInNode: Schedule = (ms, fn) => {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
};

type OpenSocket = (url: URL, protocols: string[], settings: { origin: string }) => SocketLike;

/** `address` is what the lab printed. Rejects with LabError "unreachable" when no lab lets us in there. */
export async function connectToLab(address: string, openSocket: OpenSocket): Promise<LabConnection> {
  const { origin, hash } = new URL(address);
  const url = new URL("/lab", origin.replace(/^http/, "ws"));
  const token = new URLSearchParams(hash.slice(1)).get("token");
  if (token === null)
    throw new LabError("bad_input", "The address ends before its token. Copy the whole line.");
  const channel = webSocketChannel(() => openSocket(url, [labProtocol, token], { origin }), scheduleInNode);
  const connection = createConnection(channel, { schedule: scheduleInNode });
  await new Promise<void>((resolve, reject) => {
    const cancel = scheduleInNode(connectTimeoutMs, () => {
      connection.close();
      const message = `No lab answers at ${origin}, or the token in the address is not its own. Start one with "lightcone lab".`;
      reject(new LabError("unreachable", message));
    });
    connection.onConnected(() => {
      cancel();
      resolve();
    });
  });
  return connection;
}
