/**
 * Asks a node to compare its keys with another's, over the HTTP that any other client uses. What comes of it is in the
 * trace: the answer only names the exchange, so that a window can follow its events.
 */
import { z } from "zod";
import { LabError } from "../../shared/contract/errors.ts";
import { errorSchema, exchange, type ExchangeTarget } from "./exchange.ts";

const answerSchema = z.object({ exchange: z.string().nullable().optional() });

/** Resolves when the comparison has begun; rejects with LabError. */
export async function compareKeys(
  from: ExchangeTarget,
  to: string,
): Promise<{ readonly exchange: string | null }> {
  const path = `/api/v1/anti-entropy?peer=${encodeURIComponent(to)}`;
  const body = await exchange(from, { method: "POST", path });
  const refusal = errorSchema.safeParse(body);
  if (refusal.success) {
    const { message, definite } = refusal.data.error;
    throw new LabError("refused", message, definite);
  }
  const answer = answerSchema.safeParse(body);
  if (!answer.success)
    throw new LabError("internal", `${from.id} answered something this lab does not understand.`, false);
  return { exchange: answer.data.exchange ?? null };
}
