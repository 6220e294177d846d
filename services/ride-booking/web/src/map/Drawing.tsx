import { memo } from "preact/compat";
import { curve, spot } from "./projection";
import { FREEWAYS, ISLANDS, NEIGHBOURHOODS, PARKS, ROADS, STREAMS, WATER, WATERS } from "./seattle";

const paths = {
  water: WATER.map((shape) => curve(shape, true)).join(""),
  islands: ISLANDS.map((shape) => curve(shape, true)).join(""),
  parks: PARKS.map((shape) => curve(shape, true)).join(""),
  streams: STREAMS.map((shape) => curve(shape, false)).join(""),
  freeways: FREEWAYS.map((shape) => curve(shape, false)).join(""),
  roads: ROADS.map((shape) => curve(shape, false)).join(""),
};

/** Land, water and roads, which do not change. */
export const Ground = memo(function Ground() {
  return (
    <g>
      <path class="map-water" d={paths.water} />
      <path class="map-stream" d={paths.streams} />
      <path class="map-land" d={paths.islands} />
      <path class="map-park" d={paths.parks} />
      <path class="map-road" d={paths.roads} />
      <path class="map-freeway-edge" d={paths.freeways} />
      <path class="map-freeway" d={paths.freeways} />
    </g>
  );
});

/** Names, of the same size at each scale; more of them the closer one looks. */
export function Names({ scale }: { scale: number }) {
  const level = scale < 0.14 ? 0 : scale < 0.3 ? 1 : scale < 0.75 ? 2 : 3;
  const shown = (labels: typeof NEIGHBOURHOODS) => labels.filter((label) => label.from <= level);
  const unit = 1 / scale;
  return (
    <g>
      {shown(WATERS).map(({ name, at }) => (
        <Name key={name} name={name} at={at} unit={unit} kind="map-name water" />
      ))}
      {shown(NEIGHBOURHOODS).map(({ name, at }) => (
        <Name key={name} name={name} at={at} unit={unit} kind="map-name" />
      ))}
    </g>
  );
}

function Name(props: { name: string; at: readonly [number, number]; unit: number; kind: string }) {
  const { x, y } = spot(...props.at);
  return (
    <text class={props.kind} transform={`translate(${x} ${y}) scale(${props.unit})`} text-anchor="middle">
      {props.name}
    </text>
  );
}
