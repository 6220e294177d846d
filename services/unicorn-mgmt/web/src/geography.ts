import { kilometresBetween, LANDMARKS, nearest, type Point } from "@wild-rydes/web/seattle";

interface Stand extends Point {
  readonly name: string;
}

const stand = (name: string, lat: number, lon: number): Stand => ({ name, lat, lon });

/** Where unicorns wait for rides, from north to south. */
export const STANDS: readonly Stand[] = [
  stand("Ballard", 47.6687, -122.3847),
  stand("University District", 47.6613, -122.3131),
  stand("Fremont", 47.651, -122.3473),
  stand("Queen Anne", 47.6372, -122.3571),
  stand("South Lake Union", 47.6256, -122.3344),
  stand("Capitol Hill", 47.623, -122.3165),
  stand("Seattle Center", 47.6219, -122.3517),
  stand("Pike Place", 47.6097, -122.3422),
  stand("Downtown", 47.605, -122.3344),
  stand("Pioneer Square", 47.6015, -122.3343),
  stand("SoDo", 47.5806, -122.3344),
  stand("Georgetown", 47.5475, -122.3209),
  stand("Sea-Tac Airport", 47.4502, -122.3088),
];

const NEAR_KM = 2.5;
const SPEED_KMH = 60;

/** What a point is called: the nearest place that everybody knows, or its coordinates. Nobody tells us addresses. */
export function nameOf(point: Point): string {
  const place = nearest([...STANDS, ...LANDMARKS], point, NEAR_KM);
  return place ? place.name : `${point.lat.toFixed(3)}, ${point.lon.toFixed(3)}`;
}

/** How long it takes to get there, in seconds. */
export function secondsTo(from: Point, to: Point): number {
  return Math.ceil((kilometresBetween(from, to) / SPEED_KMH) * 3600);
}
