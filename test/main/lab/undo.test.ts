import { expect, it } from "vitest";
import { UndoStack } from "../../../main/lab/undo.ts";

it("takes back the newest act that still stands, and passes over those overtaken", async () => {
  const stack = new UndoStack();
  const undone: string[] = [];
  let stands = true;
  const act = (words: string, isStanding: () => boolean) => ({
    words,
    stands: isStanding,
    undo: () => void undone.push(words),
  });
  stack.push(act("first", () => true));
  stack.push(act("second", () => stands));
  expect(stack.describe()).toBe("second");
  stands = false;
  expect(stack.describe()).toBe("first");
  expect(await stack.undo()).toBe("first");
  expect(stack.describe()).toBeNull();
  expect(await stack.undo()).toBeNull();
  expect(undone).toEqual(["first"]);
});

it("an act that cannot be taken back fails once and is gone", async () => {
  const stack = new UndoStack();
  stack.push({ words: "x", stands: () => true, undo: () => Promise.reject(new Error("no")) });
  await expect(stack.undo()).rejects.toThrow("no");
  expect(stack.describe()).toBeNull();
});
