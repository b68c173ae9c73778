import type { LabConnection } from "../../shared/contract/contract.ts";
import type { LabState } from "../../shared/contract/state.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { createFeed } from "./feed.ts";
import { createMeter } from "./meter.ts";
import { emptyHistory, type Files, labStore, type LabStore, sentenceOf } from "./store.ts";
import { showToast } from "./toasts.ts";

const pageSize = 10_000;
const measureEveryMs = 1_000;

/** Before the next frame while the window is seen; soon, but without frames, while it is not. */
function beforeNextFrame(run: () => void): void {
  if (document.visibilityState === "visible") requestAnimationFrame(run);
  else setTimeout(run, 200);
}

/** Keeps the store in step with the lab: its state, the events of the session shown, the line to it. */
export interface SessionLoop {
  /** Resolves when all that was received has been handed to the store. */
  settled(): Promise<void>;
  end(): void;
}

export function startSessionLoop(connection: LabConnection, files: Files): SessionLoop {
  const meter = createMeter();
  let queue: RecordedEvent[] = [];
  /** Shown together with the events that came before it. */
  let loading: LabStore["loading"] = null;
  let flushAsked = false;
  let settledWaiters: (() => void)[] = [];

  const isSettled = () =>
    labStore.getState().connected === "open" && feed.session !== null && !feed.isBehind && !flushAsked;

  function announceSettled(): void {
    if (!isSettled()) return;
    for (const resolve of settledWaiters.splice(0)) resolve();
  }

  function flush(): void {
    flushAsked = false;
    const events = queue;
    queue = [];
    const { history } = labStore.getState();
    history.append(events);
    labStore.setState({ historyVersion: history.version, loading });
    announceSettled();
  }

  function askFlush(): void {
    if (flushAsked) return;
    flushAsked = true;
    beforeNextFrame(flush);
  }

  const feed = createFeed(
    (session, after) => connection.call("events.page", { session, after, limit: pageSize }),
    {
      begin() {
        queue = [];
        loading = { loaded: 0, last: 0 };
        labStore.setState({
          ...emptyHistory(),
          cursor: null,
          following: true,
          selection: null,
          marked: new Set(),
          loading,
        });
      },
      append(events) {
        for (const event of events) queue.push(event);
        askFlush();
      },
      progress(now) {
        loading = now;
        askFlush();
      },
      failed(error) {
        loading = null;
        askFlush();
        if (labStore.getState().connected !== "open") return;
        const action = { label: "Try again", run: () => void feed.reconnected() };
        showToast({ level: "error", text: sentenceOf(error), action });
      },
    },
  );

  function showMode(): void {
    const { mode, lab } = labStore.getState();
    const session = mode.kind === "live" ? lab?.session : mode.session;
    if (session !== undefined) void feed.open(session.id, mode.kind === "live");
  }

  function takeState(lab: LabState): void {
    labStore.setState({ lab });
    if (labStore.getState().mode.kind === "live" && feed.session !== lab.session.id) showMode();
  }

  async function join(): Promise<void> {
    try {
      const lab = await connection.call("lab.state", {});
      labStore.setState({ connected: "open" });
      takeState(lab);
      await feed.reconnected();
    } catch (error) {
      if (labStore.getState().connected !== "lost") showToast({ level: "error", text: sentenceOf(error) });
    }
  }

  const measuring = setInterval(() => labStore.setState({ rates: meter.read(Date.now()) }), measureEveryMs);
  const stops = [
    () => clearInterval(measuring),
    connection.on("state", takeState),
    connection.on("events", ({ session, events }) => {
      meter.count(events, Date.now());
      feed.pushed(session, events);
    }),
    connection.on("notice", (notice) => showToast(notice)),
    connection.onConnected((connected) => {
      if (connected) void join();
      else {
        labStore.setState({ connected: "lost" });
        feed.disconnected();
      }
    }),
    labStore.subscribe((state, before) => {
      if (state.mode !== before.mode) showMode();
    }),
  ];
  labStore.setState({ connection, files });
  void join();

  return {
    settled: () => (isSettled() ? Promise.resolve() : new Promise((resolve) => settledWaiters.push(resolve))),
    end() {
      for (const stop of stops) stop();
    },
  };
}
