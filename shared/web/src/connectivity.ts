import { signal } from "@preact/signals";

/** Whether the device has a network, as far as the browser knows. */
export const online = signal(navigator.onLine);

window.addEventListener("online", () => {
  online.value = true;
});
window.addEventListener("offline", () => {
  online.value = false;
});
