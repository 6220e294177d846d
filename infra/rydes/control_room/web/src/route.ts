/** Which view is shown, by the part of the address behind the `#`. */
import { signal } from "@preact/signals";

export const VIEWS = [
  ["live", "Live"],
  ["rfqs", "RFQs"],
  ["queues", "Queues"],
  ["circuits", "Circuits"],
  ["events", "Events"],
  ["conversations", "Conversations"],
  ["faults", "Faults"],
] as const;
export type View = (typeof VIEWS)[number][0];

export interface Route {
  view: View;
  /** What of the view: an RFQ, a queue, an event. */
  what: string;
}

function read(): Route {
  const [view = "", what = ""] = location.hash.replace(/^#\/?/, "").split("/");
  const known = VIEWS.find(([name]) => name === view)?.[0] ?? "live";
  return { view: known, what: decodeURIComponent(what) };
}

export const route = signal<Route>(read());
addEventListener("hashchange", () => {
  route.value = read();
});

export const link = (view: View, what = "") => `#/${view}${what ? `/${encodeURIComponent(what)}` : ""}`;

export function go(view: View, what = ""): void {
  location.hash = link(view, what);
}
