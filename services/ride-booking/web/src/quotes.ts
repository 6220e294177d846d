import type { Quote } from "./request";

export type SortBy = "price" | "pickup" | "rating";
export type Filter = "all" | "unicorns" | "partners";

export const SORTS: readonly SortBy[] = ["price", "pickup", "rating"];
export const FILTERS: readonly Filter[] = ["all", "unicorns", "partners"];

/** Partner fleets have ids of their own kind. */
export function isPartner(quote: Quote): boolean {
  return quote["responder-id"].startsWith("p-");
}

export function responderName(quote: Quote): string {
  return quote.name ?? quote["responder-id"];
}

/** Amounts of different currencies are not comparable: dollars come first, as in the API. */
function byPrice(a: Quote, b: Quote): number {
  if (a.price.currency !== b.price.currency) {
    if (a.price.currency === "USD") return -1;
    if (b.price.currency === "USD") return 1;
    return a.price.currency.localeCompare(b.price.currency);
  }
  return Number(a.price.amount) - Number(b.price.amount);
}

const byPickup = (a: Quote, b: Quote) => a["pickup-in-seconds"] - b["pickup-in-seconds"];
const byRating = (a: Quote, b: Quote) => (b.rating?.score ?? 0) - (a.rating?.score ?? 0);
const byId = (a: Quote, b: Quote) => a["responder-id"].localeCompare(b["responder-id"]);

const ORDERS: Record<SortBy, (a: Quote, b: Quote) => number> = {
  price: (a, b) => byPrice(a, b) || byPickup(a, b) || byId(a, b),
  pickup: (a, b) => byPickup(a, b) || byPrice(a, b) || byId(a, b),
  rating: (a, b) => byRating(a, b) || byPrice(a, b) || byId(a, b),
};

export function arranged(quotes: Iterable<Quote>, sort: SortBy, filter: Filter): readonly Quote[] {
  return [...quotes]
    .filter((quote) => filter === "all" || isPartner(quote) === (filter === "partners"))
    .sort(ORDERS[sort]);
}

/** Which quotes are the best in what; of one alone nobody says so. */
export function best(quotes: Iterable<Quote>): ReadonlyMap<string, readonly SortBy[]> {
  const all = [...quotes];
  const found = new Map<string, SortBy[]>();
  if (all.length < 2) return found;
  for (const sort of SORTS) {
    const [first] = [...all].sort(ORDERS[sort]);
    if (!first || (sort === "rating" && !first.rating)) continue;
    found.set(first["quote-id"], [...(found.get(first["quote-id"]) ?? []), sort]);
  }
  return found;
}
