/**
 * What a page in our window may not do, whoever wrote it: leave for another address, open windows, embed other
 * contents, ask for permissions, or speak to the main process from a frame that is not ours.
 *
 * The window draws keys and values that strangers may have written. If one of them ever became script, this is what
 * stands between it and the machine.
 */
import { type App, type Session, shell, type WebContents, type WebFrameMain } from "electron";
import { isOwnUrl } from "./scheme.ts";

/** Denies every permission, asked for or merely looked up. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** Confines every page the process will ever show, also those opened by ways we did not think of. */
export function confinePages(app: App): void {
  app.on("web-contents-created", (_event, contents) => confine(contents));
}

function confine(contents: WebContents): void {
  contents.on("will-navigate", (event) => {
    event.preventDefault();
    openOutside(event.url);
  });
  contents.on("will-frame-navigate", (event) => event.preventDefault());
  contents.on("will-redirect", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: "deny" };
  });
}

/** Hands a link to the person's browser: plain https only, since other schemes start other programs. */
function openOutside(text: string): void {
  const url = URL.parse(text);
  if (url?.protocol === "https:" && url.username === "" && url.password === "")
    void shell.openExternal(url.href);
}

/** True for a message from the main frame of the given window while it shows our own page. */
export function isTrustedSender(
  event: { readonly sender: WebContents; readonly senderFrame: WebFrameMain | null },
  contents: WebContents,
): boolean {
  const frame = event.senderFrame;
  return event.sender === contents && frame !== null && frame.parent === null && isOwnUrl(frame.url);
}
