/** The models of linearizable objects, by the name a person gives. */
import { kvAppend, listAppend } from "./append.ts";
import { counter } from "./counter.ts";
import type { LinearizableModelName, Model } from "./model.ts";
import { queue } from "./queue.ts";
import { kv, register, registerCas } from "./register.ts";
import { set } from "./set.ts";

export const linearizableModels: Readonly<Record<LinearizableModelName, Model>> = {
  register,
  "register-cas": registerCas,
  kv,
  "kv-append": kvAppend,
  counter,
  queue,
  set,
  "list-append": listAppend,
};
