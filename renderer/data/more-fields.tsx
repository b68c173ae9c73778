import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button } from "../base/ui/button.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import styles from "./data.module.css";
import { type Asked, useData } from "./exchanges.ts";

/** What is rarely wanted of a request: how it is to be served, and a name under which a retry is not repeated. */
export function MoreFields() {
  const asked = useData((state) => state.asked);
  const [isOpen, setOpen] = useState(false);
  const set = (part: Partial<Asked>) => useData.setState({ asked: { ...asked, ...part } });
  return (
    <>
      <Button
        variant="quiet"
        icon={isOpen ? ChevronDown : ChevronRight}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        More
      </Button>
      {isOpen && (
        <div className={styles["more"]}>
          <Field label="Quorum" hint="Sloppy: stand-ins count for owners out of reach.">
            {(control) => (
              <Select
                {...control}
                value={asked.sloppy}
                onChange={(event) => set({ sloppy: event.target.value as Asked["sloppy"] })}
              >
                <option value="">as the cluster is set</option>
                <option value="sloppy">sloppy</option>
                <option value="strict">strict</option>
              </Select>
            )}
          </Field>
          <Field label="Consistency" hint="Causal: never less than was read or written here before.">
            {(control) => (
              <Select
                {...control}
                value={asked.consistency}
                onChange={(event) => set({ consistency: event.target.value as Asked["consistency"] })}
              >
                <option value="">eventual</option>
                <option value="causal">causal</option>
                <option value="strong">strong</option>
              </Select>
            )}
          </Field>
          <Field label="Request token" hint="A write under the same token is carried out once.">
            {(control) => (
              <Input
                {...control}
                mono
                maxLength={100}
                value={asked.token}
                placeholder="order-17"
                onChange={(event) => set({ token: event.target.value.replaceAll(/[^\x21-\x7e]/g, "") })}
              />
            )}
          </Field>
        </div>
      )}
    </>
  );
}
