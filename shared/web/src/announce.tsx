import { signal } from "@preact/signals";

const said = signal({ text: "", turn: 0 });

/** Have screen readers say something when they are done with what they say. */
export function announce(text: string): void {
  said.value = { text, turn: said.value.turn + 1 };
}

/** The region that screen readers listen to. A page has one, from its start. */
export function Announcer() {
  const { text, turn } = said.value;
  return (
    <div class="visually-hidden" aria-live="polite" role="status">
      <span key={turn}>{text}</span>
    </div>
  );
}
