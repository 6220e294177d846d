import { HEIGHT, type Spot, WIDTH } from "./projection";

/** What part of the picture is shown: its middle, and how many pixels a unit is. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const LARGEST = 2.5;
const HOME: Spot = { x: WIDTH * 0.42, y: HEIGHT * 0.43 };
const HOME_UNITS = 1450;

/** Everything at once, and no further out. */
function smallest(size: Size): number {
  return Math.min(size.width / WIDTH, size.height / HEIGHT, 0.2);
}

/** Keep the middle on the picture, and the scale between all of it and single streets. */
export function bounded(view: View, size: Size): View {
  return {
    x: Math.min(Math.max(view.x, 0), WIDTH),
    y: Math.min(Math.max(view.y, 0), HEIGHT),
    scale: Math.min(Math.max(view.scale, smallest(size)), LARGEST),
  };
}

export function home(size: Size): View {
  return bounded({ ...HOME, scale: Math.min(size.width, size.height) / HOME_UNITS }, size);
}

/** Show all of these spots with room around them. */
export function around(spots: readonly Spot[], size: Size): View {
  const xs = spots.map(({ x }) => x);
  const ys = spots.map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const room = Math.min(72, size.width / 5, size.height / 5);
  const scale = Math.min(
    (size.width - 2 * room) / Math.max(right - left, 300),
    (size.height - 2 * room) / Math.max(bottom - top, 300),
    0.9,
  );
  return bounded({ x: (left + right) / 2, y: (top + bottom) / 2, scale }, size);
}

/** Zoom so that what is at a pixel stays there. */
export function zoomed(view: View, size: Size, factor: number, at?: Spot): View {
  const { scale } = bounded({ ...view, scale: view.scale * factor }, size);
  const dx = (at?.x ?? size.width / 2) - size.width / 2;
  const dy = (at?.y ?? size.height / 2) - size.height / 2;
  return bounded(
    { x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale },
    size,
  );
}

export function moved(view: View, size: Size, dx: number, dy: number): View {
  return bounded({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale }, size);
}

/** The spot under a pixel. */
export function under(view: View, size: Size, at: Spot): Spot {
  return {
    x: view.x + (at.x - size.width / 2) / view.scale,
    y: view.y + (at.y - size.height / 2) / view.scale,
  };
}

export function between(from: View, to: View, part: number): View {
  const mix = (a: number, b: number) => a + (b - a) * part;
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), scale: from.scale * (to.scale / from.scale) ** part };
}
