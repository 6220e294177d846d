/** What the stream of server-sent events tells, as signals. */
import { computed, signal } from "@preact/signals";
import type { Depth, Figures, Hop, Rfq, Tick } from "./api";

const KEPT = 50;
const FEED = 14;

export const connection = signal<"connecting" | "live" | "lost" | "unreachable">("connecting");
export const depths = signal<Record<string, Depth>>({});
export const circuits = signal<Tick["circuits"]>({});
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

/** Be told of hops as they come; returns what ends that. */
export function onHops(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function take(tick: Tick, whole: boolean): void {
  connection.value = "live";
  depths.value = whole ? tick.depths : { ...depths.value, ...tick.depths };
  circuits.value = tick.circuits;
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
    feed.value = [...newest.reverse(), ...feed.value].slice(0, FEED);
    for (const listener of listeners) listener(tick.hops);
  }
}

/** Listen for as long as the page is open. The browser comes back by itself, and says which event it had last. */
export function listen(): void {
  const source = new EventSource("api/stream");
  const read = (whole: boolean) => (event: MessageEvent<string>) => {
    const told = JSON.parse(event.data);
    if ("unreachable" in told) connection.value = "unreachable";
    else take(told, whole);
  };
  source.addEventListener("snapshot", read(true));
  source.addEventListener("tick", read(false));
  source.addEventListener("error", () => {
    connection.value = "lost";
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
}
