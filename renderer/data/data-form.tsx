import type { SessionModel } from "../../shared/trace/model.ts";
import { Button } from "../base/ui/button.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { Choice } from "../base/ui/toggle.tsx";
import type { ShownNode } from "../cluster/network.ts";
import { contextText, type WriteMode } from "./answers.ts";
import styles from "./data.module.css";
import { MoreFields } from "./more-fields.tsx";
import { ask, contextFor, contextOf, useData } from "./exchanges.ts";

const modes: readonly { readonly name: WriteMode; readonly label: string }[] = [
  { name: "coordinator", label: "All its replica has" },
  { name: "read", label: "What I read" },
  { name: "blind", label: "Nothing (blind)" },
];

export function DataForm(props: {
  readonly nodes: readonly ShownNode[];
  readonly node: string;
  readonly cluster: SessionModel["cluster"];
}) {
  const { nodes, node } = props;
  const { key, value, mode, exchanges } = useData();
  const problem = key === "" ? "A key has at least one character." : null;
  const put = () => void ask("put", node, key, { value, ...contextFor(mode, exchanges, key) });
  const get = () => void ask("get", node, key);
  const remove = () => void ask("delete", node, key, contextFor(mode, exchanges, key));
  return (
    <form
      className={styles["form"]}
      aria-label="Put, get and delete"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) put();
      }}
    >
      <div className={styles["row"]}>
        <Field label="Through">
          {(control) => (
            <Select
              {...control}
              value={node}
              onChange={(event) => useData.setState({ node: event.target.value })}
            >
              {nodes.map((other) => (
                <option key={other.node} value={other.node}>
                  {other.node}
                  {other.status === "running" ? "" : ` (${other.status})`}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Key" error={problem}>
          {(control) => (
            <Input
              {...control}
              mono
              value={key}
              placeholder="user:1"
              onChange={(event) => useData.setState({ key: event.target.value })}
            />
          )}
        </Field>
        <Field label="Value">
          {(control) => (
            <Input
              {...control}
              value={value}
              placeholder="any text"
              onChange={(event) => useData.setState({ value: event.target.value })}
            />
          )}
        </Field>
      </div>
      <div className={styles["buttons"]}>
        <Button type="submit" variant="primary" disabled={problem !== null}>
          <span aria-hidden>▲</span> Put
        </Button>
        <Button disabled={problem !== null} onClick={get}>
          <span aria-hidden className={styles["get"]}>
            ●
          </span>{" "}
          Get
        </Button>
        <Button disabled={problem !== null} onClick={remove}>
          <span aria-hidden className={styles["delete"]}>
            ▼
          </span>{" "}
          Delete
        </Button>
        <QuorumFields cluster={props.cluster} />
        <MoreFields />
      </div>
      <div className={styles["seen"]}>
        <span className={styles["label"]}>This write has seen</span>
        <Choice
          label="This write has seen"
          options={modes}
          value={mode}
          onChange={(next) => useData.setState({ mode: next })}
        />
        <p className={styles["hint"]}>{modeHint(mode, key, contextOf(exchanges, key)?.context ?? null)}</p>
      </div>
    </form>
  );
}

function modeHint(mode: WriteMode, key: string, context: Readonly<Record<string, number>> | null): string {
  if (mode === "coordinator")
    return "It replaces every version its coordinator has; writes in a row do not conflict.";
  if (mode === "blind") return "It replaces nothing: whatever is there becomes its sibling.";
  if (context === null) return `Nothing of ${key || "this key"} was read here yet; read it first.`;
  return `It replaces what was read (${contextText(context)}) and leaves anything newer beside it.`;
}

const quorumNames = ["n", "r", "w"] as const;

function QuorumFields({ cluster }: { readonly cluster: SessionModel["cluster"] }) {
  const quorum = useData((state) => state.quorum);
  return (
    <fieldset className={styles["quorum"]}>
      <legend>Quorum</legend>
      {quorumNames.map((name) => (
        <label key={name}>
          {name.toUpperCase()}
          <Input
            aria-label={quorumLabels[name]}
            inputMode="numeric"
            placeholder={String(cluster?.[name] ?? "")}
            value={quorum[name]}
            onChange={(event) => useData.setState({ quorum: { ...quorum, [name]: event.target.value } })}
          />
        </label>
      ))}
    </fieldset>
  );
}

const quorumLabels = {
  n: "N, replicas of the key",
  r: "R, replies a read waits for",
  w: "W, copies a write waits for",
} as const;
