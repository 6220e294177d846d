import { effect, type Signal, signal, untracked } from "@preact/signals";
import type { ApiError } from "@wild-rydes/web/api";
import type { Surroundings } from "./around";
import { wished } from "./booking";
import { Request } from "./request";

interface Followed {
  readonly request: Request;
  readonly shown: Signal<boolean>;
  readonly stop: () => void;
}

/** What became of a wish while its customer looked at something else. */
export interface News {
  readonly id: string;
  readonly name: string;
  /** The ride, or why there is none. */
  readonly outcome: string | ApiError;
}

const followed = new Map<string, Followed>();

/** The request that is looked at. */
export const current: Signal<Request | null> = signal(null);
export const news: Signal<News | null> = signal(null);

/** Follow a request that is looked at now. It is the same one, with all it knows, as long as a wish keeps it. */
export function follow(id: string, around: Surroundings): Request {
  const known = followed.get(id) ?? start(id, around);
  known.shown.value = true;
  return known.request;
}

/** Look at something else. A request with a wish is followed on, so that its quote is booked. */
export function leave(id: string): void {
  const known = followed.get(id);
  if (!known) return;
  known.request.booking.refusal.value = null; // it has been seen
  known.shown.value = false;
}

/** Go on with what this tab's customer has wished for before a reload. */
export function resume(around: Surroundings): void {
  for (const id of wished()) if (!followed.has(id)) start(id, around);
}

export function leaveAll(): void {
  for (const id of [...followed.keys()]) drop(id);
}

function start(id: string, around: Surroundings): Followed {
  const request = new Request(id, around);
  const shown = signal(false);
  const { wish, booked, refusal } = request.booking;
  request.open();
  const stop = effect(() => {
    if (shown.value || wish.value) return;
    const [ride, no] = [booked.value, refusal.value];
    untracked(() => {
      if (ride) news.value = { id, name: ride.name ?? ride["responder-id"], outcome: ride.id };
      else if (no) news.value = { id, name: no.wish.name, outcome: no.error };
    });
    queueMicrotask(() => {
      if (!shown.peek() && !wish.peek()) drop(id);
    });
  });
  const made = { request, shown, stop };
  followed.set(id, made);
  return made;
}

function drop(id: string): void {
  const known = followed.get(id);
  if (!known) return;
  followed.delete(id);
  known.stop();
  known.request.close();
}
