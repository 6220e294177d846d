import { countdown } from "@wild-rydes/web/language";
import { words } from "../texts";
import { type Open, secondsLeft } from "../work";

const RADIUS = 20;
const AROUND = 2 * Math.PI * RADIUS;
const HURRY = 15;

/** How long there is to answer, as a ring that empties. */
export function Countdown({ open }: { open: Open }) {
  const left = Math.max(0, secondsLeft(open.invitation));
  const whole = Math.max(1, (Date.parse(open.invitation.deadline) - open.since) / 1000);
  const share = Math.min(1, left / whole);
  return (
    <span
      class={left < HURRY ? "countdown hurry" : "countdown"}
      role="timer"
      aria-label={words.value.inbox.left(countdown(left))}
    >
      <svg width="56" height="56" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
        <circle class="rail" cx="24" cy="24" r={RADIUS} />
        <circle
          class="hand"
          cx="24"
          cy="24"
          r={RADIUS}
          stroke-dasharray={`${share * AROUND} ${AROUND}`}
          transform="rotate(-90 24 24)"
        />
      </svg>
      <span class="numbers" aria-hidden="true">
        {countdown(left)}
      </span>
    </span>
  );
}
