import { useState } from "react";
import { type Latency, type LinkSettings, restingLink } from "../../shared/contract/state.ts";
import { Button } from "../base/ui/button.tsx";
import { Dialog } from "../base/ui/dialog.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { Toggle } from "../base/ui/toggle.tsx";
import { act } from "./act.ts";
import styles from "./link-form.module.css";
import { changedSettings, type LatencyKind, settingsProblem, withLatencyKind } from "./link-words.ts";

const latencyKinds: readonly { readonly kind: LatencyKind; readonly label: string }[] = [
  { kind: "none", label: "None" },
  { kind: "constant", label: "Constant" },
  { kind: "uniform", label: "Uniform" },
  { kind: "exponential", label: "Exponential" },
];

/** Settings of the link from one node to another, and of the way back when it shall be the same. */
export function LinkDialog(props: {
  readonly from: string;
  readonly to: string;
  readonly settings: ReadonlyMap<string, LinkSettings>;
  readonly onClose: () => void;
}) {
  const { from, to, onClose } = props;
  const there = props.settings.get(`${from}>${to}`) ?? restingLink;
  const back = props.settings.get(`${to}>${from}`) ?? restingLink;
  const [draft, setDraft] = useState(there);
  const [both, setBoth] = useState(JSON.stringify(there) === JSON.stringify(back));
  const problem = settingsProblem(draft);

  function save() {
    const ways = [
      { from, to, settings: changedSettings(there, draft) },
      ...(both ? [{ from: to, to: from, settings: changedSettings(back, draft) }] : []),
    ].filter((way) => Object.keys(way.settings).length > 0);
    void act(ways.map((params) => ({ command: "link.set", params })));
    onClose();
  }

  return (
    <Dialog
      title={`Link from ${from} to ${to}`}
      onClose={onClose}
      actions={
        <>
          <Button variant="quiet" onClick={() => setDraft(restingLink)}>
            Back to rest
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" disabled={problem !== null} onClick={save}>
            Set the link
          </Button>
        </>
      }
    >
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null) save();
        }}
      >
        <Toggle
          label="Blocked: every message is dropped"
          checked={draft.blocked}
          onChange={(blocked) => setDraft({ ...draft, blocked })}
        />
        <LatencyFields draft={draft} onChange={setDraft} />
        <div className={styles["row"]}>
          <ShareField label="Lost" value={draft.loss} onChange={(loss) => setDraft({ ...draft, loss })} />
          <ShareField
            label="Delivered twice"
            value={draft.duplicate}
            onChange={(duplicate) => setDraft({ ...draft, duplicate })}
          />
          <ShareField
            label="Overtaken by later ones"
            value={draft.reorder}
            onChange={(reorder) => setDraft({ ...draft, reorder })}
          />
        </div>
        {problem !== null && (
          <p className={styles["problem"]} role="alert">
            {problem}
          </p>
        )}
        <Toggle label={`The same from ${to} to ${from}`} checked={both} onChange={setBoth} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

interface Part {
  readonly draft: LinkSettings;
  readonly onChange: (draft: LinkSettings) => void;
}

function LatencyFields({ draft, onChange }: Part) {
  const { latency } = draft;
  const set = (next: Latency) => onChange({ ...draft, latency: next });
  return (
    <div className={styles["row"]}>
      <Field label="Latency">
        {(control) => (
          <Select
            {...control}
            value={latency?.kind ?? "none"}
            onChange={(event) =>
              onChange({ ...draft, latency: withLatencyKind(latency, event.target.value as LatencyKind) })
            }
          >
            {latencyKinds.map(({ kind, label }) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {latency?.kind === "constant" && (
        <MsField label="Delay" value={latency.ms} onChange={(ms) => set({ ...latency, ms })} />
      )}
      {latency?.kind === "uniform" && (
        <>
          <MsField label="Shortest" value={latency.minMs} onChange={(minMs) => set({ ...latency, minMs })} />
          <MsField label="Longest" value={latency.maxMs} onChange={(maxMs) => set({ ...latency, maxMs })} />
        </>
      )}
      {latency?.kind === "exponential" && (
        <MsField label="Mean" value={latency.meanMs} onChange={(meanMs) => set({ ...latency, meanMs })} />
      )}
    </div>
  );
}

interface NumberPart {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const numberOf = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));

function MsField({ label, value, onChange }: NumberPart) {
  return (
    <Field label={`${label}, ms`}>
      {(control) => (
        <Input
          {...control}
          type="number"
          min={0}
          max={60_000}
          defaultValue={value}
          onChange={(event) => onChange(numberOf(event.target.value))}
        />
      )}
    </Field>
  );
}

function ShareField({ label, value, onChange }: NumberPart) {
  return (
    <Field label={`${label}, %`}>
      {(control) => (
        <Input
          {...control}
          key={value === 0 ? "rest" : "set"}
          type="number"
          min={0}
          max={100}
          step="any"
          defaultValue={Math.round(value * 10_000) / 100}
          onChange={(event) => onChange(numberOf(event.target.value) / 100)}
        />
      )}
    </Field>
  );
}
