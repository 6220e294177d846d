import { BOUNDS, type Shape } from "./seattle";

/** Units of the picture: ten metres. Within a city the Earth is flat. */
const PER_DEGREE = 11_119.5;
const NARROWER = Math.cos((47.6 * Math.PI) / 180);

export const WIDTH = Math.round((BOUNDS.east - BOUNDS.west) * NARROWER * PER_DEGREE);
export const HEIGHT = Math.round((BOUNDS.north - BOUNDS.south) * PER_DEGREE);

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Whether a spot is on the picture. */
export function isOnMap({ x, y }: Spot): boolean {
  return x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT;
}

export function spot(lat: number, lon: number): Spot {
  return { x: (lon - BOUNDS.west) * NARROWER * PER_DEGREE, y: (BOUNDS.north - lat) * PER_DEGREE };
}

export function place({ x, y }: Spot): { lat: number; lon: number } {
  return {
    lat: BOUNDS.north - y / PER_DEGREE,
    lon: BOUNDS.west + x / (NARROWER * PER_DEGREE),
  };
}

export function line(shape: Shape): string {
  const corners = shape.map(([lat, lon]) => {
    const { x, y } = spot(lat, lon);
    return `${x.toFixed(0)} ${y.toFixed(0)}`;
  });
  return `M${corners.join("L")}`;
}

/** A line through all corners with rounded bends: shores and roads have no corners. */
export function curve(shape: Shape, closed: boolean): string {
  const points = shape.map(([lat, lon]) => spot(lat, lon));
  const count = points.length;
  const at = (index: number): Spot => {
    const wrapped = closed ? (index + count) % count : Math.min(Math.max(index, 0), count - 1);
    return points[wrapped] ?? { x: 0, y: 0 };
  };
  const start = at(0);
  let path = `M${start.x.toFixed(0)} ${start.y.toFixed(0)}`;
  for (let index = 0; index < (closed ? count : count - 1); index += 1) {
    const [before, from, to, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    const bend = 6; // of a Catmull-Rom spline
    const c1 = { x: from.x + (to.x - before.x) / bend, y: from.y + (to.y - before.y) / bend };
    const c2 = { x: to.x - (after.x - from.x) / bend, y: to.y - (after.y - from.y) / bend };
    const numbers = [c1.x, c1.y, c2.x, c2.y, to.x, to.y].map((value) => value.toFixed(0));
    path += `C${numbers.join(" ")}`;
  }
  return closed ? `${path}Z` : path;
}
