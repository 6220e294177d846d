/** What the stream of server-sent events tells, as signals. */
import { computed, signal } from "@preact/signals";
import type { Depth, Figures, Hop, Rfq, Tick } from "./api";

const KEPT = 50;
const FEED = 14;

export const connection = signal<"connecting" | "live" | "lost" | "silent" | "unreachable">("connecting");
/** When all that is shown was so, in milliseconds since 1970; 0 before anything is known. */
export const asOf = signal(0);
export const stale = computed(() => asOf.value > 0 && connection.value !== "live");
/** Milliseconds without a word after which the line is no longer taken to be live. */
export const patience = signal(15_000);
/** The version of the architecture that is deployed. */
export const picture = signal("");
export const depths = signal<Record<string, Depth>>({});
export const circuits = signal<Tick["circuits"]>({});
/** What is broken on purpose, by nodes. */
export const faults = signal<Tick["faults"]>({});
export const figures = signal<Figures | null>(null);
export const rfqs = signal<Rfq[]>([]);
/** The newest messages that have moved, the newest first. */
export const feed = signal<(Hop & { key: number })[]>([]);
/** Functions that have warned or failed lately, and when. */
export const alerts = signal<Record<string, { level: string; at: number }>>({});

export const deadLetters = computed(() =>
  Object.entries(depths.value).reduce(
    (sum, [name, depth]) => sum + (/-(dlq|parking)$/.test(name) ? depth[0] + depth[1] + depth[2] : 0),
    0,
  ),
);
export const openCircuits = computed(
  () =>
    Object.values(circuits.value).filter(({ state, mode }) => state !== "CLOSED" || mode === "FORCED_OPEN")
      .length,
);

type Listener = (hops: Hop[]) => void;
const listeners = new Set<Listener>();
let number = 0;
let heardAt = Date.now();

/** Be told of hops as they come; returns what ends that. */
export function onHops(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function take(tick: Tick, whole: boolean): void {
  asOf.value = tick.at;
  picture.value = tick.picture;
  depths.value = whole ? tick.depths : { ...depths.value, ...tick.depths };
  circuits.value = tick.circuits;
  faults.value = tick.faults;
  figures.value = tick.figures;
  if (whole || tick.rfqs.length) {
    const known = new Map((whole ? [] : rfqs.value).map((rfq) => [rfq.id, rfq]));
    for (const rfq of tick.rfqs) known.set(rfq.id, rfq);
    rfqs.value = [...known.values()].sort((a, b) => b.began - a.began).slice(0, KEPT);
  }
  if (tick.alerts.length) {
    const unhappy = Object.fromEntries(tick.alerts.map(({ node, level, at }) => [node, { level, at }]));
    alerts.value = { ...alerts.value, ...unhappy };
  }
  if (tick.hops.length) {
    const told = tick.hops.filter((hop) => hop.what !== "change" && !hop.path.at(-1)?.startsWith("table:"));
    const newest = told.slice(-FEED).map((hop) => ({ ...hop, key: number++ }));
    feed.value = [...feed.value, ...newest].sort((a, b) => b.at - a.at || b.key - a.key).slice(0, FEED);
    for (const listener of listeners) listener(tick.hops);
  }
}

/** Listen for as long as the page is open. The browser comes back by itself, and says which event it had last. */
export function listen(): void {
  const source = new EventSource("api/stream");
  const read = (whole: boolean) => (event: MessageEvent<string>) => {
    const told = JSON.parse(event.data);
    heardAt = Date.now();
    if ("figures" in told) take(told, whole); // of a cloud that does not answer, what was known before
    connection.value = "unreachable" in told ? "unreachable" : "live";
  };
  source.addEventListener("snapshot", read(true));
  source.addEventListener("tick", read(false));
  source.addEventListener("error", () => {
    connection.value = "lost";
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}

/** Notice a line that is open and says nothing more. */
setInterval(() => {
  if (connection.value === "live" && Date.now() - heardAt > patience.value) connection.value = "silent";
}, 1000);
