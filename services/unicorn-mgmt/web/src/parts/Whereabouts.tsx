import { useSignal } from "@preact/signals";
import { Icon } from "@wild-rydes/web/components/icons";
import type { Point } from "@wild-rydes/web/seattle";
import { nameOf, STANDS } from "../geography";
import { explain } from "../problem";
import { words } from "../texts";
import type { Unicorn } from "../unicorn";

const FIRST = "Seattle Center";
const HERE = "here";

interface Props {
  readonly unicorn: Unicorn;
  readonly isDriving: boolean;
}

/** The switch between on and off duty, and the place where riders find the unicorn. */
export function Whereabouts({ unicorn, isDriving }: Props) {
  const t = words.value.whereabouts;
  const now = unicorn.position.value;
  const isOnline = now !== null;
  const device = useSignal<Point | null>(null);
  const chosen = useSignal(now ? standAt(now) : FIRST);
  const busy = useSignal(false);
  const problem = useSignal("");
  const place =
    chosen.value === HERE ? (device.value ?? now) : STANDS.find(({ name }) => name === chosen.value);

  async function report(news: () => Promise<void>) {
    busy.value = true;
    problem.value = "";
    try {
      await news();
    } catch (error) {
      problem.value = explain(error);
    } finally {
      busy.value = false;
    }
  }

  function locate() {
    problem.value = "";
    const failed = () => {
      problem.value = t.hereFailed;
    };
    if (!navigator.geolocation) return failed();
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      device.value = { lat: coords.latitude, lon: coords.longitude };
      chosen.value = HERE;
    }, failed);
  }

  const goOnline = () => void (place && report(() => unicorn.goOnline(place)));
  const hasMoved = now && place && (place.lat !== now.lat || place.lon !== now.lon);
  return (
    <section class="card duty" aria-labelledby="duty">
      <div class="where">
        <div class={isOnline ? "beacon on" : "beacon"} aria-hidden="true">
          <i />
          <Icon name={isOnline ? "unicorn" : "moon"} size={28} />
        </div>
        <div>
          <h2 id="duty" aria-live="polite">
            {isOnline ? t.online : t.offline}
          </h2>
          <p class="soft small">{isDriving ? t.driving : now ? t.onlineHint(nameOf(now)) : t.offlineHint}</p>
        </div>
      </div>
      <div class="field">
        <label for="stand">{t.stand}</label>
        <div class="with-button">
          <select
            class="input"
            id="stand"
            value={chosen.value}
            onChange={(event) => {
              chosen.value = event.currentTarget.value;
            }}
          >
            {STANDS.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            {chosen.value === HERE && <option value={HERE}>{t.elsewhere}</option>}
          </select>
          <button type="button" class="button quiet icon" aria-label={t.here} title={t.here} onClick={locate}>
            <Icon name="target" />
          </button>
        </div>
      </div>
      {problem.value && (
        <p class="notice bad" role="alert">
          {problem.value}
        </p>
      )}
      {hasMoved && (
        <button type="button" class="button wide" disabled={busy.value} onClick={goOnline}>
          {t.move}
        </button>
      )}
      <button
        type="button"
        class={isOnline ? "button quiet wide" : "button wide"}
        disabled={busy.value}
        onClick={isOnline ? () => void report(() => unicorn.goOffline()) : goOnline}
      >
        {isOnline ? t.leave : t.go}
      </button>
    </section>
  );
}

function standAt(point: Point): string {
  return STANDS.find(({ lat, lon }) => lat === point.lat && lon === point.lon)?.name ?? HERE;
}
