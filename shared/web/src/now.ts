import { signal } from "@preact/signals";

/** The time, in milliseconds since 1970, which passes by seconds: it is up to one behind. */
export const now = signal(Date.now());

window.setInterval(() => {
  now.value = Date.now();
}, 1000);

/** Seconds from now until an instant, by the server's clock. Whoever shows them shows them anew with each second. */
export function secondsUntil(instant: string): number {
  return (Date.parse(instant) - Math.max(now.value, Date.now()) - ahead.value) / 1000;
}

/** By how many milliseconds the server's clock is ahead of this one. */
export const ahead = signal(0);

/** Learn how far apart the clocks are from what the server calls now. A second of travel is no difference. */
export function setClock(server: number): void {
  const difference = server - Date.now();
  ahead.value = Math.abs(difference) < 2000 ? 0 : difference;
}
