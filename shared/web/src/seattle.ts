/** A point on WGS 84, in degrees. */
export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** A point that people know by its name. */
export interface Landmark extends Point {
  readonly name: string;
  /** The part of town. */
  readonly area: string;
}

const landmark = (name: string, area: string, lat: number, lon: number): Landmark => ({
  name,
  area,
  lat,
  lon,
});

export const LANDMARKS: readonly Landmark[] = [
  landmark("Space Needle", "Seattle Center", 47.6205, -122.3493),
  landmark("Pike Place Market", "Downtown", 47.6097, -122.3422),
  landmark("Sea-Tac Airport", "SeaTac", 47.4502, -122.3088),
  landmark("Gas Works Park", "Wallingford", 47.6456, -122.3344),
  landmark("King Street Station", "Pioneer Square", 47.5986, -122.3298),
  landmark("Lumen Field", "SoDo", 47.5952, -122.3316),
  landmark("Ferry Terminal", "Waterfront", 47.6026, -122.3393),
  landmark("Seattle Art Museum", "Downtown", 47.6073, -122.3381),
  landmark("Fremont Troll", "Fremont", 47.651, -122.3473),
  landmark("University of Washington", "University District", 47.6553, -122.3035),
  landmark("Green Lake", "Green Lake", 47.6815, -122.3287),
  landmark("Ballard Locks", "Ballard", 47.6655, -122.3971),
  landmark("Discovery Park", "Magnolia", 47.6573, -122.4059),
  landmark("Alki Beach", "West Seattle", 47.5794, -122.4103),
  landmark("Museum of Flight", "Georgetown", 47.518, -122.2964),
  landmark("Columbia City", "Rainier Valley", 47.5597, -122.2865),
  landmark("Volunteer Park", "Capitol Hill", 47.63, -122.3148),
  landmark("Northgate Station", "Northgate", 47.7031, -122.3283),
  landmark("Mercer Island", "Mercer Island", 47.5806, -122.2344),
  landmark("Downtown Bellevue", "Bellevue", 47.6157, -122.1937),
  landmark("Mount Rainier", "Ashford", 46.7861, -121.7353),
];

const EARTH_KM = 6371.007;

/** The great circle between two points, as the services measure it. */
export function kilometresBetween(a: Point, b: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2;
  const across =
    half(b.lat - a.lat) + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(b.lon - a.lon);
  return 2 * EARTH_KM * Math.asin(Math.sqrt(across));
}

/** The place of a list that is nearest to a point, if one is within so many kilometres. The first of several. */
export function nearest<Known extends Point>(
  places: readonly Known[],
  point: Point,
  within: number,
): Known | null {
  let best: Known | null = null;
  let shortest = within;
  for (const place of places) {
    const far = kilometresBetween(place, point);
    if (far < shortest || (best === null && far === shortest)) [best, shortest] = [place, far];
  }
  return best;
}
