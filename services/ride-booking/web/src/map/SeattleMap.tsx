import { useSignal } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { Icon } from "@wild-rydes/web/components/icons";
import { kilometresBetween } from "@wild-rydes/web/seattle";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { coordinates, type Place } from "../places";
import { text } from "../texts";
import { grid, reach } from "./cells";
import { Ground, Names } from "./Drawing";
import { isOnMap, place, type Spot, spot } from "./projection";
import { NEIGHBOURHOODS } from "./seattle";
import { around, between, home, moved, type Size, under, type View, zoomed } from "./view";
import "./map.css";

export type End = "from" | "to";

interface Props {
  readonly from: Place | null;
  readonly to: Place | null;
  /** Whether those near the start are asked, or would be: the map shows where they are. */
  readonly asking: boolean;
  /** Which pin a tap puts; none on a map that only shows. */
  readonly target?: End;
  readonly onPick?: (place: Place) => void;
}

const TAP_PIXELS = 6;
const STEP_PIXELS = 24;
const BIG_STEP_PIXELS = 120;
const ZOOM = 1.5;
const MILLISECONDS_TO_FLY = 360;

const cells = grid();

/** A map on which pins are put by pointer or keys. It can be moved and zoomed. */
export default function SeattleMap({ from, to, asking, target, onPick }: Props) {
  const t = text.value.map;
  const size = useSignal<Size>({ width: 0, height: 0 });
  const view = useSignal<View>({ x: 0, y: 0, scale: 0 });
  const byKeys = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const flight = useRef(0);
  const pointers = useRef(new Map<number, Spot>());
  const travelled = useRef(0);
  const ends = [from, to].filter((end) => end !== null).map((end) => spot(end.lat, end.lon));
  const spots = ends.filter(isOnMap);
  const area = useMemo(() => (from && asking ? reach(from) : ""), [from, asking]);

  function fly(goal: View) {
    cancelAnimationFrame(flight.current);
    const start = view.peek();
    if (start.scale === 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      view.value = goal;
      return;
    }
    const began = performance.now();
    const step = (at: number) => {
      const part = Math.min(Math.max((at - began) / MILLISECONDS_TO_FLY, 0), 1);
      view.value = between(start, goal, 1 - (1 - part) ** 3);
      if (part < 1) flight.current = requestAnimationFrame(step);
    };
    flight.current = requestAnimationFrame(step);
  }

  const whole = () => (spots.length > 0 ? around(spots, size.peek()) : home(size.peek()));
  const fit = () => fly(whole());
  const latest = useRef(whole);
  latest.current = whole;
  const key = spots.map(({ x, y }) => `${x},${y}`).join(" ");

  useEffect(() => {
    if (size.peek().width > 0) fit();
    return () => cancelAnimationFrame(flight.current);
  }, [key]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width, height } = entry.contentRect;
      size.value = { width, height };
      cancelAnimationFrame(flight.current);
      view.value = latest.current();
    });
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      cancelAnimationFrame(flight.current);
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002));
      view.value = zoomed(view.peek(), size.peek(), factor, pixel(event));
    };
    observer.observe(element);
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", wheel);
    };
  }, []);

  function pixel(event: MouseEvent): Spot {
    const bounds = box.current?.getBoundingClientRect();
    return { x: event.clientX - (bounds?.left ?? 0), y: event.clientY - (bounds?.top ?? 0) };
  }

  function pick(at: Spot) {
    const { lat, lon } = place(under(view.peek(), size.peek(), at));
    onPick?.(named({ lat: round(lat), lon: round(lon) }));
  }

  function down(event: PointerEvent) {
    if ((event.target as Element).closest("button")) return;
    byKeys.value = false;
    cancelAnimationFrame(flight.current);
    pointers.current.set(event.pointerId, pixel(event));
    if (pointers.current.size === 1) travelled.current = 0;
    box.current?.setPointerCapture(event.pointerId);
  }

  function move(event: PointerEvent) {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = pixel(event);
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    travelled.current += Math.hypot(dx, dy);
    if (other) {
      const apart = (at: Spot) => Math.max(1, Math.hypot(at.x - other.x, at.y - other.y));
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      view.value = zoomed(view.peek(), size.peek(), apart(now) / apart(before), middle);
    } else if (travelled.current > TAP_PIXELS) {
      view.value = moved(view.peek(), size.peek(), dx, dy);
    }
    pointers.current.set(event.pointerId, now);
  }

  function up(event: PointerEvent) {
    if (!pointers.current.delete(event.pointerId)) return;
    if (event.type === "pointerup" && travelled.current <= TAP_PIXELS && target) pick(pixel(event));
    if (pointers.current.size > 0) travelled.current = Number.POSITIVE_INFINITY; // the rest of a pinch is no tap
  }

  function press(event: KeyboardEvent) {
    const step = event.shiftKey ? BIG_STEP_PIXELS : STEP_PIXELS;
    const ways: Record<string, Spot> = {
      ArrowLeft: { x: step, y: 0 },
      ArrowRight: { x: -step, y: 0 },
      ArrowUp: { x: 0, y: step },
      ArrowDown: { x: 0, y: -step },
    };
    const way = ways[event.key];
    if (event.target !== event.currentTarget) return;
    cancelAnimationFrame(flight.current);
    if (way) view.value = moved(view.peek(), size.peek(), way.x, way.y);
    else if (event.key === "+" || event.key === "=") zoom(ZOOM);
    else if (event.key === "-") zoom(1 / ZOOM);
    else if ((event.key === "Enter" || event.key === " ") && target) pick(middle());
    else return;
    event.preventDefault();
    byKeys.value = true;
    if (way) {
      const there = place(under(view.peek(), size.peek(), middle()));
      announce(t.under(neighbourhood(there)));
    }
  }

  const middle = (): Spot => ({ x: size.peek().width / 2, y: size.peek().height / 2 });
  const zoom = (factor: number) => fly(zoomed(view.peek(), size.peek(), factor));

  const { width, height } = size.value;
  const { x, y, scale } = view.value;
  const interactive = target !== undefined;
  return (
    <div
      class={`map ${interactive ? "picking" : ""}`}
      ref={box}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
      tabIndex={0}
      aria-label={interactive ? t.title : t.picture}
      aria-describedby={interactive ? "map-how" : undefined}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={press}
      onBlur={() => {
        byKeys.value = false;
      }}
    >
      {interactive && (
        <p class="visually-hidden" id="map-how">
          {t.how}
        </p>
      )}
      {scale > 0 && (
        <svg
          width={width}
          height={height}
          viewBox={`${x - width / 2 / scale} ${y - height / 2 / scale} ${width / scale} ${height / scale}`}
          aria-hidden="true"
          focusable="false"
        >
          <Ground />
          <path class="map-cells" d={cells} />
          {area && <path class="map-reach" d={area} />}
          <Names scale={scale} />
          {from && to && <Way from={spot(from.lat, from.lon)} to={spot(to.lat, to.lon)} />}
          {from && <Pin kind="from" at={spot(from.lat, from.lon)} scale={scale} />}
          {to && <Pin kind="to" at={spot(to.lat, to.lon)} scale={scale} />}
        </svg>
      )}
      {interactive && ends.length < 2 && <p class="map-hint">{target === "from" ? t.pickFrom : t.pickTo}</p>}
      {!interactive && spots.length < ends.length && <p class="map-hint">{t.offMap}</p>}
      {interactive && byKeys.value && <span class="map-cross" aria-hidden="true" />}
      {from && asking && isOnMap(spot(from.lat, from.lon)) && (
        <p class="map-legend">
          <span class="map-legend-cell" aria-hidden="true" />
          {t.reach}
        </p>
      )}
      <div class="map-controls">
        <button type="button" class="button quiet icon" aria-label={t.zoomIn} onClick={() => zoom(ZOOM)}>
          <Icon name="plus" />
        </button>
        <button type="button" class="button quiet icon" aria-label={t.zoomOut} onClick={() => zoom(1 / ZOOM)}>
          <Icon name="minus" />
        </button>
        <button type="button" class="button quiet icon" aria-label={t.fit} onClick={fit}>
          <Icon name="target" />
        </button>
      </div>
    </div>
  );
}

function Pin({ kind, at, scale }: { kind: End; at: Spot; scale: number }) {
  return (
    <g class={`map-pin ${kind}`} transform={`translate(${at.x} ${at.y}) scale(${1 / scale})`}>
      {kind === "from" ? (
        <>
          <circle class="map-pin-halo" r="15" />
          <circle class="map-pin-body" r="9" />
          <circle class="map-pin-eye" r="3.5" />
        </>
      ) : (
        <>
          <path class="map-pin-body" d="M0 0c-8-9.5-12-15-12-21a12 12 0 0 1 24 0c0 6-4 11.5-12 21Z" />
          <circle class="map-pin-eye" cy="-21" r="4.5" />
        </>
      )}
    </g>
  );
}

/** A bow from start to destination: rides fly, and nobody promises a road. */
function Way({ from, to }: { from: Spot; to: Spot }) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bend = { x: (from.x + to.x) / 2 + dy * 0.14, y: (from.y + to.y) / 2 - dx * 0.14 };
  const d = `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`;
  return (
    <>
      <path class="map-way-edge" d={d} />
      <path class="map-way" d={d} />
    </>
  );
}

const round = (degrees: number) => Math.round(degrees * 1e5) / 1e5;

function neighbourhood(at: { lat: number; lon: number }): string {
  const far = (label: (typeof NEIGHBOURHOODS)[number]) =>
    kilometresBetween(at, { lat: label.at[0], lon: label.at[1] });
  const [best] = [...NEIGHBOURHOODS].sort((a, b) => far(a) - far(b));
  return best?.name ?? "";
}

/** A pin is called after what it is near. */
function named(at: { lat: number; lon: number }): Place {
  return { ...at, label: `${neighbourhood(at)} · ${coordinates({ ...at, label: null })}` };
}
