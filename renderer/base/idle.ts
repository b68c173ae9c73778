import type { RecordedEvent } from "../../shared/trace/event.ts";
import { labStore } from "./store.ts";

/** `window.__lightcone`, for whoever drives the window from outside. */
interface LightconeHook {
  /** The events of the session shown, in the order of arrival. */
  events(): readonly RecordedEvent[];
  /** Resolves when everything received has been drawn. */
  idle(): Promise<void>;
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** React renders what is in the store by the next frame; canvases draw after that and say so themselves. */
async function drawn(): Promise<void> {
  await nextFrame();
  do await nextFrame();
  while (document.querySelector('[data-idle="false"]') !== null);
}

export function exposeIdle(loop: { settled(): Promise<void> }): void {
  const hook: LightconeHook = {
    events: () => labStore.getState().history.all,
    async idle() {
      await loop.settled();
      await drawn();
    },
  };
  Object.assign(window, { __lightcone: hook });
}
