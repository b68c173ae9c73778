import { MousePointerClick } from "lucide-react";
import { asKey, asNodeId, type NodeId } from "../../shared/ids.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { eventsOfKey } from "../../shared/trace/subjects.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { useLab, useModel } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { openKey } from "../key/chosen-key.ts";
import { showStorage } from "../storage/commands.ts";
import { EventInspector } from "./event-inspector.tsx";
import { Fact, Link, Section } from "./event-parts.tsx";
import styles from "./event-inspector.module.css";
import { sentenceOf } from "./describe.ts";
import { Sign } from "./sign.tsx";
import { duration, elapsed } from "./ticks.ts";

/** The selection, explained: an event, a node, a key or a link. */
export function Inspector() {
  const selection = useLab((state) => state.selection);
  switch (selection?.kind) {
    case "event":
      return <SelectedEvent id={selection.id} />;
    case "node":
      return <NodeInspector node={asNodeId(selection.node)} />;
    case "key":
      return <KeyInspector name={selection.key} />;
    case "link":
      return <LinkInspector from={selection.from} to={selection.to} />;
    case undefined:
      return (
        <EmptyState icon={MousePointerClick} title="Nothing is selected">
          Click an event on the timeline to see its clock, what caused it and what it could have known. Nodes,
          keys and links explain themselves here too.
        </EmptyState>
      );
    default:
      return selection satisfies never;
  }
}

function SelectedEvent({ id }: { readonly id: number }) {
  const history = useLab((state) => state.history);
  const causality = useLab((state) => state.causality);
  const select = useLab((state) => state.select);
  useLab((state) => state.historyVersion);
  const event = history.event(id);
  if (event === undefined) return <EmptyState title="This event is not in the session" />;
  return (
    <EventInspector
      event={event}
      history={history}
      causality={causality}
      onSelectEvent={(other) => select({ kind: "event", id: other })}
      onSelectKey={openKey}
      onSelectNode={(node) => select({ kind: "node", node })}
    />
  );
}

function NodeInspector({ node }: { readonly node: NodeId }) {
  const model = useModel();
  const history = useLab((state) => state.history);
  const select = useLab((state) => state.select);
  const membershipShown = useLab((state) => state.membershipShown);
  const known = model.nodes.get(node);
  const lane = history.lane(node);
  return (
    <article className={styles["inspector"]} aria-label={`Selected node ${node}`}>
      <header>
        <h2>{node}</h2>
        <p>{known === undefined ? "Nothing is known of it at this moment." : statusSentence(node, model)}</p>
      </header>
      {known !== undefined && (
        <dl className={styles["facts"]}>
          <Fact name="Address">{known.address === "" ? "not told yet" : known.address}</Fact>
          <Fact name="Process">{known.pid ?? "none"}</Fact>
          <Fact name="Clock store">{known.clockStore ?? "not told yet"}</Fact>
          <Fact name="Events">{lane.length.toLocaleString("en")}</Fact>
        </dl>
      )}
      <p>
        <Link onClick={() => showStorage(node)}>Show its storage</Link>
      </p>
      <Section title="What the others believe of it">
        <ul className={styles["links"]}>
          {[...model.beliefs].map(([observer, beliefs]) => {
            const belief = observer === node ? undefined : beliefs.get(node);
            return belief === undefined ? null : (
              <li key={observer}>
                <Link onClick={() => select({ kind: "node", node: observer })}>{observer}</Link>:{" "}
                <b style={{ color: `var(--lc-${belief.status})` }}>{belief.status}</b>{" "}
                <span className={styles["quiet"]}>
                  for {duration(Math.max(0, model.at - belief.since))}, incarnation {belief.incarnation}
                </span>
              </li>
            );
          })}
        </ul>
      </Section>
      <Recent events={lane} isWanted={(event) => membershipShown || event.op !== "membership"} />
    </article>
  );
}

function statusSentence(node: NodeId, model: SessionModel): string {
  const known = model.nodes.get(node)!;
  if (known.status === "running" && known.clockLost)
    return "It runs without the clock it had: its stamps repeat.";
  const side = model.partition?.groups.find((group) => group.includes(node));
  if (known.status !== "running" || side === undefined) return `It is ${known.status}.`;
  const others = side.filter((other) => other !== node);
  return `It is running, cut off ${others.length === 0 ? "alone" : `together with ${others.join(", ")}`}.`;
}

function KeyInspector({ name }: { readonly name: string }) {
  const model = useModel();
  const history = useLab((state) => state.history);
  const conflict = [...model.conflicts].find(([key]) => key === name)?.[1];
  return (
    <article className={styles["inspector"]} aria-label={`Selected key ${name}`}>
      <header>
        <h2>{name}</h2>
        <p>
          {conflict === undefined
            ? "No replica holds concurrent versions of it."
            : `Its replicas hold ${conflict.dots.length} concurrent versions: ${conflict.dots.join(" and ")}.`}
        </p>
      </header>
      <p>
        <Link onClick={() => openKey(name)}>Show it on all its replicas</Link>
      </p>
      <Recent events={eventsOfKey(history, asKey(name))} isWanted={(event) => event.key === name} />
    </article>
  );
}

const recentMax = 30;

/** The newest events that are wanted, newest first. */
function newestOf(
  events: readonly RecordedEvent[],
  isWanted: (event: RecordedEvent) => boolean,
): RecordedEvent[] {
  const found: RecordedEvent[] = [];
  for (let index = events.length - 1; index >= 0 && found.length < recentMax; index--)
    if (isWanted(events[index]!)) found.push(events[index]!);
  return found;
}

interface RecentProps {
  readonly events: readonly RecordedEvent[];
  readonly isWanted: (event: RecordedEvent) => boolean;
}

function Recent({ events, isWanted }: RecentProps) {
  const history = useLab((state) => state.history);
  const select = useLab((state) => state.select);
  const cursor = useLab((state) => state.cursor);
  const shown = newestOf(events, (event) => isWanted(event) && (cursor === null || event.at <= cursor));
  return (
    <Section title="Latest events">
      {shown.length === 0 && <p className={styles["quiet"]}>None yet.</p>}
      <ul className={styles["links"]}>
        {shown.map((event) => (
          <li key={event.id}>
            <Link onClick={() => select({ kind: "event", id: event.id })}>
              <Sign op={event.op} /> {elapsed(event.at - history.first, 1)}
            </Link>{" "}
            <span className={styles["quiet"]}>{sentenceOf(event, history)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function LinkInspector({ from, to }: { readonly from: string; readonly to: string }) {
  const model = useModel();
  return (
    <article className={styles["inspector"]} aria-label={`Selected link from ${from} to ${to}`}>
      <header>
        <h2>
          {from} and {to}
        </h2>
      </header>
      {[
        [from, to],
        [to, from],
      ].map(([a, b]) => {
        const link = `${a}>${b}`;
        const settings = Object.entries(model.links.get(link) ?? {}).filter(([, value]) => Boolean(value));
        const isCut = model.partition?.cut.includes(link) === true;
        return (
          <Section key={link} title={`${a} to ${b}`}>
            <dl className={styles["facts"]}>
              {isCut && <Fact name="Cut">by the partition</Fact>}
              {settings.map(([name, value]) => (
                <Fact key={name} name={name}>
                  <code>{JSON.stringify(value)}</code>
                </Fact>
              ))}
              {!isCut && settings.length === 0 && <Fact name="Settings">at rest</Fact>}
              <Fact name="Blocked">{model.effect.blocked[link] ?? 0} messages</Fact>
              <Fact name="Lost">{model.effect.lost[link] ?? 0} messages</Fact>
              <Fact name="Delayed">{model.effect.delayed[link] ?? 0} messages</Fact>
            </dl>
          </Section>
        );
      })}
    </article>
  );
}
