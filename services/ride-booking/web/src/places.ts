import type { components } from "./generated/api";

export type Place = components["schemas"]["PlaceBody"];

/** A place that customers know by its name. */
export interface KnownPlace extends Place {
  readonly label: string;
  readonly area: string;
}

const known = (label: string, area: string, lat: number, lon: number): KnownPlace => ({
  label,
  area,
  lat,
  lon,
});

export const PLACES: readonly KnownPlace[] = [
  known("Space Needle", "Seattle Center", 47.6205, -122.3493),
  known("Pike Place Market", "Downtown", 47.6097, -122.3422),
  known("Sea-Tac Airport", "SeaTac", 47.4502, -122.3088),
  known("Gas Works Park", "Wallingford", 47.6456, -122.3344),
  known("King Street Station", "Pioneer Square", 47.5986, -122.3298),
  known("Lumen Field", "SoDo", 47.5952, -122.3316),
  known("Ferry Terminal", "Waterfront", 47.6026, -122.3393),
  known("Seattle Art Museum", "Downtown", 47.6073, -122.3381),
  known("Fremont Troll", "Fremont", 47.651, -122.3473),
  known("University of Washington", "University District", 47.6553, -122.3035),
  known("Green Lake", "Green Lake", 47.6815, -122.3287),
  known("Ballard Locks", "Ballard", 47.6655, -122.3971),
  known("Discovery Park", "Magnolia", 47.6573, -122.4059),
  known("Alki Beach", "West Seattle", 47.5794, -122.4103),
  known("Museum of Flight", "Georgetown", 47.518, -122.2964),
  known("Columbia City", "Rainier Valley", 47.5597, -122.2865),
  known("Volunteer Park", "Capitol Hill", 47.63, -122.3148),
  known("Northgate Station", "Northgate", 47.7031, -122.3283),
  known("Mercer Island", "Mercer Island", 47.5806, -122.2344),
  known("Downtown Bellevue", "Bellevue", 47.6157, -122.1937),
  known("Mount Rainier", "Ashford", 46.7861, -121.7353),
];

/** Rides for who is only looking around. */
export const IDEAS: readonly (readonly [from: string, to: string])[] = [
  ["Space Needle", "Sea-Tac Airport"],
  ["Pike Place Market", "Green Lake"],
  ["University of Washington", "Alki Beach"],
];

const COORDINATES = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/;

/** The places that a typed text may mean, best first: coordinates, then names that begin so, then the others. */
export function find(text: string): readonly Place[] {
  const numbers = COORDINATES.exec(text);
  if (numbers) {
    const [lat, lon] = [Number(numbers[1]), Number(numbers[2])];
    return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [{ lat, lon, label: null }] : [];
  }
  const wanted = plain(text);
  const rank = (place: KnownPlace) => {
    const label = plain(place.label);
    if (label.startsWith(wanted)) return 0;
    if (label.split(" ").some((word) => word.startsWith(wanted))) return 1;
    return label.includes(wanted) || plain(place.area).includes(wanted) ? 2 : 3;
  };
  return PLACES.filter((place) => rank(place) < 3).sort((a, b) => rank(a) - rank(b));
}

/** What the API takes of a known place. */
export function knownAs(label: string): Place | null {
  const found = PLACES.find((place) => place.label === label);
  return found ? { lat: found.lat, lon: found.lon, label } : null;
}

export function nameOf(place: Place): string {
  return place.label ?? coordinates(place);
}

export function coordinates(place: Place): string {
  return `${place.lat.toFixed(4)}, ${place.lon.toFixed(4)}`;
}

const KM_PER_DEGREE = 111.195;

/** As the crow flies, exact enough within a city. */
export function kmBetween(a: Place, b: Place): number {
  const east = (b.lon - a.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(b.lat - a.lat, east) * KM_PER_DEGREE;
}

/** The known place beside a point, for pins that are put on the map. */
export function nearest(place: Place, within = 0.35): KnownPlace | null {
  const [best] = [...PLACES].sort((a, b) => kmBetween(a, place) - kmBetween(b, place));
  return best && kmBetween(best, place) <= within ? best : null;
}

function plain(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}
