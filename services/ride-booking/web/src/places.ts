import { LANDMARKS } from "@wild-rydes/web/seattle";
import type { components } from "./generated/api";

export type Place = components["schemas"]["PlaceBody"];

/** A place that customers know by its name. */
export interface KnownPlace extends Place {
  readonly label: string;
  readonly area: string;
}

export const PLACES: readonly KnownPlace[] = LANDMARKS.map(({ name, ...more }) => ({ label: name, ...more }));

/** Rides for who is only looking around. */
export const IDEAS: readonly (readonly [from: string, to: string])[] = [
  ["Space Needle", "Sea-Tac Airport"],
  ["Pike Place Market", "Green Lake"],
  ["University of Washington", "Alki Beach"],
];

const COORDINATES = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/;

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

/** Whether a text is meant as coordinates, possible or not. */
export function areCoordinates(text: string): boolean {
  return COORDINATES.test(text);
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

function plain(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}
