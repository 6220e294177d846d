import { type Signal, signal } from "@preact/signals";

const PREFIX = "wild-rydes.";

/** Read what this tab keeps under a name; null if there is nothing. */
export function read<T>(name: string): T | null {
  const stored = sessionStorage.getItem(PREFIX + name);
  return stored === null ? null : (JSON.parse(stored) as T);
}

/** Keep something until the tab is closed or its user signs out. Null is not kept. */
export function keep(name: string, value: unknown): void {
  if (value === null) sessionStorage.removeItem(PREFIX + name);
  else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
}

/** A signal that a reload leaves as it is. */
export function kept<T>(name: string, initial: T): Signal<T> {
  const found = signal<T>(read<T>(name) ?? initial);
  let first = true;
  found.subscribe((value) => {
    if (!first) keep(name, value);
    first = false;
  });
  return found;
}

/** What follows a prefix in the names of what is kept. */
export function namesAfter(prefix: string): readonly string[] {
  return Object.keys(sessionStorage)
    .filter((name) => name.startsWith(PREFIX + prefix))
    .map((name) => name.slice(PREFIX.length + prefix.length));
}
