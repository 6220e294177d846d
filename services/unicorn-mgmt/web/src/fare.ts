import { kilometresBetween, type Point } from "@wild-rydes/web/seattle";
import type { components } from "./generated/api";

export type RateCard = components["schemas"]["RateCardBody"];

/** What a rate card asks for a ride: a proposal, which the unicorn may change. */
export function proposal(card: RateCard, from: Point, to: Point): string {
  const fare = Number(card.base.amount) + Number(card["per-km"].amount) * kilometresBetween(from, to);
  return Math.max(Number(card.minimum.amount), fare).toFixed(2);
}

/** An amount as the API wants it, or null if the text is none. Decimal commas are understood. */
export function amount(text: string): string | null {
  const plain = text.trim().replace(",", ".");
  if (!/^\d{1,5}(\.\d{1,2})?$/.test(plain) || Number(plain) <= 0) return null;
  return Number(plain).toFixed(2);
}
