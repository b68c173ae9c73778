/** A subscription that stands in the address itself, so that one can be had without saying a word: `?module=bank`. */
import {
  type SubscriberMessage,
  subscriberMessageSchema,
} from "../../shared/runtime/subscription-messages.ts";
import { HttpError } from "./http.ts";

export const subscribePath = "/api/v1/subscribe";

const names = ["id", "module", "table", "key", "prefix", "from", "to", "after", "log"] as const;

/** Null when the address names none. Throws HttpError "bad_input". */
export function asked(query: URLSearchParams): SubscriberMessage | null {
  const unknown = [...query.keys()].find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw badQuery(`"${unknown}" is none of ${names.join(", ")}`);
  const module = query.get("module");
  if (module === null) return null;
  const given = (name: (typeof names)[number]) => {
    const text = query.get(name);
    return text === null ? {} : { [name]: text };
  };
  const keys = { ...given("key"), ...given("prefix"), ...given("from"), ...given("to") };
  const after = query.get("after") ?? "now";
  const parsed = subscriberMessageSchema.safeParse({
    kind: "subscribe",
    id: query.get("id") ?? module,
    module,
    ...given("table"),
    ...given("log"),
    ...(Object.keys(keys).length > 0 && { keys }),
    after: /^\d+$/.test(after) ? Number(after) : after,
  });
  if (parsed.success) return parsed.data;
  throw badQuery(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

const badQuery = (problem: string) =>
  new HttpError(
    "bad_input",
    `The query must be like ?module=bank&table=accounts&after=now (or the last position that was seen): ${problem}.`,
  );
