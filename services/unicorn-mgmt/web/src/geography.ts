import type { components } from "./generated/socket";

export type Point = components["schemas"]["Coordinates"];

interface Known extends Point {
  readonly name: string;
}

const known = (name: string, lat: number, lon: number): Known => ({ name, lat, lon });

/** Where unicorns wait for rides, from north to south. */
export const STANDS: readonly Known[] = [
  known("Ballard", 47.6687, -122.3847),
  known("University District", 47.6613, -122.3131),
  known("Fremont", 47.651, -122.3473),
  known("Queen Anne", 47.6372, -122.3571),
  known("South Lake Union", 47.6256, -122.3344),
  known("Capitol Hill", 47.623, -122.3165),
  known("Seattle Center", 47.6219, -122.3517),
  known("Pike Place", 47.6097, -122.3422),
  known("Downtown", 47.605, -122.3344),
  known("Pioneer Square", 47.6015, -122.3343),
  known("SoDo", 47.5806, -122.3344),
  known("Georgetown", 47.5475, -122.3209),
  known("Sea-Tac Airport", 47.4502, -122.3088),
];

const LANDMARKS: readonly Known[] = [
  ...STANDS,
  known("Northgate", 47.7031, -122.3283),
  known("Green Lake", 47.6815, -122.3287),
  known("Ballard Locks", 47.6655, -122.3971),
  known("Discovery Park", 47.6573, -122.4059),
  known("Gas Works Park", 47.6456, -122.3344),
  known("Volunteer Park", 47.63, -122.3148),
  known("Space Needle", 47.6205, -122.3493),
  known("Ferry Terminal", 47.6026, -122.3393),
  known("King Street Station", 47.5986, -122.3298),
  known("Bellevue", 47.6157, -122.1937),
  known("Mercer Island", 47.5806, -122.2344),
  known("Alki Beach", 47.5794, -122.4103),
  known("Columbia City", 47.5597, -122.2865),
  known("Museum of Flight", 47.518, -122.2964),
  known("Mount Rainier", 46.7861, -121.7353),
];

const NEAR_KM = 2.5;
const EARTH_KM = 6371.007;
const SPEED_KMH = 60;

/** The great circle between two points, as the service measures it. */
export function kilometresBetween(a: Point, b: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2;
  const across =
    half(b.lat - a.lat) + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(b.lon - a.lon);
  return 2 * EARTH_KM * Math.asin(Math.sqrt(across));
}

/** What a point is called: the nearest place that everybody knows, or its coordinates. Nobody tells us addresses. */
export function nameOf(point: Point): string {
  const [first, ...others] = LANDMARKS;
  if (first === undefined) return coordinates(point);
  const nearer = (a: Known, b: Known) => (kilometresBetween(b, point) < kilometresBetween(a, point) ? b : a);
  const nearest = others.reduce(nearer, first);
  return kilometresBetween(nearest, point) <= NEAR_KM ? nearest.name : coordinates(point);
}

function coordinates({ lat, lon }: Point): string {
  return `${lat.toFixed(3)}, ${lon.toFixed(3)}`;
}

/** How long it takes to get there, in seconds. */
export function secondsTo(from: Point, to: Point): number {
  return Math.ceil((kilometresBetween(from, to) / SPEED_KMH) * 3600);
}
