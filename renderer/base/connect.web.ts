import { createConnection } from "../../shared/contract/client.ts";
import type { LabConnection } from "../../shared/contract/contract.ts";
import { labProtocol, webSocketChannel } from "../../shared/contract/web-socket.ts";
import { scheduleInWindow } from "./schedule.ts";

const tokenKey = "lightcone.token";

/** The parts of a page that hold the token. */
export interface TokenPlaces {
  readonly location: Pick<Location, "hash" | "pathname" | "search">;
  readonly sessionStorage: Pick<Storage, "getItem" | "setItem">;
  readonly history: Pick<History, "replaceState">;
}

/**
 * The printed address carries the token behind the #, where no server log sees it. It is moved into the tab's own
 * storage, so that a reload still knows it and the address bar can be shown on a projector. Null when there is none.
 */
export function takeToken(page: TokenPlaces): string | null {
  const { hash, pathname, search } = page.location;
  const given = new URLSearchParams(hash.slice(1)).get("token");
  if (given === null) return page.sessionStorage.getItem(tokenKey);
  page.sessionStorage.setItem(tokenKey, given);
  page.history.replaceState(null, "", pathname + search);
  return given;
}

/** Speaks to the host this page came from, and comes back by itself when the line is cut. */
export function connectWeb(token: string): LabConnection {
  const address = new URL("lab", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  const channel = webSocketChannel(() => new WebSocket(address, [labProtocol, token]), scheduleInWindow);
  return createConnection(channel, { schedule: scheduleInWindow });
}
