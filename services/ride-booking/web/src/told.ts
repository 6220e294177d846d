import type { components as rest } from "./generated/api";
import type { Quote, RideState } from "./request";

/** Whether a ride has not ended yet. */
export function isOpen({ status }: { readonly status: RideState["status"] }): boolean {
  return status === "pending" || status === "confirmed";
}

/** Of what the socket and the API say of a ride, what is newer. */
export function newest(
  known: ReadonlyMap<string, RideState>,
  told: readonly rest["schemas"]["RideBody"][],
): ReadonlyMap<string, RideState> {
  const rides = new Map(known);
  for (const { id, status, reason, "responder-id": responder, "changed-at": changed } of told) {
    const before = rides.get(id);
    if (!before || Date.parse(before["changed-at"]) < Date.parse(changed))
      rides.set(id, {
        id,
        status,
        ...(reason ? { reason } : {}),
        "responder-id": responder,
        "changed-at": changed,
      });
  }
  return rides;
}

/** The same quotes as the socket tells them: what there is not is left out there. */
export function byId(quotes: readonly rest["schemas"]["QuoteBody"][]): Map<string, Quote> {
  return new Map(
    quotes.map(({ name, rating, "valid-until": until, ...quote }) => [
      quote["quote-id"],
      {
        ...quote,
        ...(name ? { name } : {}),
        ...(rating ? { rating } : {}),
        ...(until ? { "valid-until": until } : {}),
      },
    ]),
  );
}
