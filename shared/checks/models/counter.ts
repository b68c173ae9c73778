/** A number that is added to and read. Additions commute, so only how many of each kind are done makes a state. */
import type { Operation } from "../types.ts";
import { type Action, isUnknown, type Model, unknownFunction, wrongShape } from "./model.ts";

function numberOf(operation: Operation, what: "input" | "output"): number {
  const value = operation[what];
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrongShape(operation, what, "a number");
  return value;
}

function addition(amount: number): Action {
  return { effect: `add ${amount}`, isRead: false, apply: (state) => String(Number(state) + amount) };
}

function actionOf(operation: Operation): Action | null {
  switch (operation.f) {
    case "add":
      return addition(numberOf(operation, "input"));
    case "inc":
      return addition(operation.input === null ? 1 : numberOf(operation, "input"));
    case "read": {
      if (isUnknown(operation)) return null;
      const value = String(numberOf(operation, "output"));
      return { effect: `read ${value}`, isRead: true, apply: (state) => (state === value ? state : null) };
    }
    default:
      throw unknownFunction("counter", ["add", "inc", "read"], operation);
  }
}

export const counter: Model = {
  name: "counter",
  description: "A number, 0 at first: add(n), inc() or inc(n), read() → number; n may be negative.",
  compile: (operations) => ({
    initial: "0",
    actions: operations.map(actionOf),
    show: (state) => `is ${state}`,
  }),
  shows: () => false,
};
