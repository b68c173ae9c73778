import { useQuestion } from "../ask.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

/** Draws the question that is asked, if any. Once in the window. */
export function Question() {
  const question = useQuestion((state) => state.question);
  if (question === null) return null;
  const { title, text, confirm, answer } = question;
  return (
    <Dialog
      key={title}
      title={title}
      onClose={() => answer(false)}
      actions={
        <>
          <Button data-focus onClick={() => answer(false)}>
            Cancel
          </Button>
          <Button variant="danger" onClick={() => answer(true)}>
            {confirm}
          </Button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  );
}
