import { effect, signal } from "@preact/signals";

/** `system` follows the device. */
export type Theme = "system" | "light" | "dark";

const CHOICE = "wild-rydes.theme";
const stored = localStorage.getItem(CHOICE);

export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

effect(() => {
  const chosen = theme.value;
  if (chosen === "system") {
    localStorage.removeItem(CHOICE);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(CHOICE, chosen);
    document.documentElement.dataset.theme = chosen;
  }
});
