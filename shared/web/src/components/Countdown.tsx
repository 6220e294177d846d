import { countdown } from "../language";
import "../styles/countdown.css";

interface Props {
  /** Seconds that are left, and that there were at first. */
  readonly left: number;
  readonly whole: number;
  /** What is said of it to those who do not see it. */
  readonly label: (time: string) => string;
  readonly large?: boolean;
  /** From how many seconds on it calls for haste. */
  readonly haste?: number;
}

const RADIUS = 20;
const AROUND = 2 * Math.PI * RADIUS;

/** How long is left, as a ring that empties around a clock. */
export function Countdown({ whole, label, large = false, haste = 0, ...props }: Props) {
  const left = Math.max(0, Math.min(props.left, whole)); // the page's clock is up to a second behind
  const time = countdown(left);
  const share = left / Math.max(1, whole);
  const size = large ? 72 : 56;
  return (
    <div
      class={`countdown${large ? " large" : ""}${left < haste ? " haste" : ""}`}
      role="timer"
      aria-label={label(time)}
    >
      <svg width={size} height={size} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
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
        {left > 0 ? time : "…"}
      </span>
    </div>
  );
}
