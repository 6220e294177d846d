import { effect, type Signal, signal } from "@preact/signals";
import { kept } from "./kept";
import type { End } from "./map/SeattleMap";
import type { Place } from "./places";
import type { Route } from "./request";

/** The request that is being written. It survives a look at another page, and a reload. */
export const draft: Record<End, Signal<Place | null>> = { from: kept("from", null), to: kept("to", null) };

/** One key for a request and its repetitions: the same words are the same request, until it is accepted or would be over. */
export const attempt = kept("attempt", { words: "", key: "", at: 0 });

export const WAITS = [15, 30, 60, 300] as const;
export const wait = kept<number>("wait", 30);

/** Which pin the next tap on the map puts. */
export const target = signal<End>("from");

/** What the map shows, whether pins can be put, and whether those near the start are asked, or would be. */
export const shown = signal<{ route: Partial<Route>; picking: boolean; asking: boolean }>({
  route: {},
  picking: true,
  asking: true,
});

/** Put a pin; the next tap puts the other one if that is missing. */
export function put(end: End, place: Place): void {
  draft[end].value = place;
  const other: End = end === "from" ? "to" : "from";
  if (draft[other].value === null) target.value = other;
}

export function again(route: Route | null): void {
  if (!route) return;
  draft.from.value = route.from;
  draft.to.value = route.to;
}

export function showDraft(): () => void {
  return effect(() => {
    const [from, to] = [draft.from.value, draft.to.value];
    shown.value = {
      route: { ...(from ? { from } : {}), ...(to ? { to } : {}) },
      picking: true,
      asking: true,
    };
  });
}

/** Show a route. As long as it is not known the map stays as it is: what has led here is about the same ride. */
export function showRoute(route: Route | null, asking = false): void {
  const { route: before, picking } = shown.peek();
  shown.value = { route: route ?? (picking ? {} : before), picking: false, asking };
}

export function hideRoute(): void {
  shown.value = { route: {}, picking: false, asking: false };
}
