import { isMac, keyCaps, type KeyText } from "../keys.ts";
import styles from "./kbd.module.css";

export function Kbd({ keys }: { readonly keys: KeyText }) {
  return (
    <span className={styles["keys"]}>
      {keyCaps(keys, isMac).map((cap) => (
        <kbd key={cap} className={styles["cap"]}>
          {cap}
        </kbd>
      ))}
    </span>
  );
}
