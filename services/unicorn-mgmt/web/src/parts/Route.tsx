import { kilometres } from "@wild-rydes/web/language";
import { kilometresBetween, type Point } from "@wild-rydes/web/seattle";
import { nameOf } from "../geography";
import { words } from "../texts";

interface Props {
  readonly from: Point;
  readonly to: Point;
  /** Where the unicorn is, if the way to the pickup matters. */
  readonly at?: Point | null;
}

const BESIDE_KM = 0.1;

/** A ride as two stops, one below the other. */
export function Route({ from, to, at }: Props) {
  const t = words.value.inbox;
  return (
    <ol class="route">
      <li>
        <span class="soft small">{t.pickup}</span>
        <b>{nameOf(from)}</b>
        {at && <span class="soft small">{distance(kilometresBetween(at, from))}</span>}
      </li>
      <li>
        <span class="soft small">{t.destination}</span>
        <b>{nameOf(to)}</b>
        <span class="soft small">{t.ride(kilometres(kilometresBetween(from, to)))}</span>
      </li>
    </ol>
  );
}

function distance(km: number): string {
  const t = words.value.inbox;
  return km < BESIDE_KM ? t.here : t.toYou(kilometres(km));
}
