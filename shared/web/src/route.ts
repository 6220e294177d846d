import { computed, signal } from "@preact/signals";

const hash = signal(location.hash);

window.addEventListener("hashchange", () => {
  hash.value = location.hash;
});

/** The parts of what comes after `#/` in the address. */
export const route = computed(() => {
  const path = hash.value.replace(/^#\/?/, "");
  return path === "" ? [] : path.split("/").map(decode);
});

export function go(path: string): void {
  location.hash = `#/${path}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
