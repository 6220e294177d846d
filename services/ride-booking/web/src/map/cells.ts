import { cellToBoundary, greatCircleDistance, gridDisk, latLngToCell, polygonToCells, UNITS } from "h3-js";
import type { Place } from "../places";
import { line } from "./projection";
import { BOUNDS } from "./seattle";

/** How unicorns are found: by cells of this size, as far as this. unicorn-mgmt has the same numbers. */
const RESOLUTION = 6;
const REACH_KM = 5;

/** The grid of cells over the whole map, as one path. */
export function grid(): string {
  const [north, south] = [BOUNDS.north + 0.2, BOUNDS.south - 0.2];
  const [west, east] = [BOUNDS.west - 0.7, BOUNDS.east + 0.7]; // screens are wider than the city
  const corners = [
    [north, west],
    [north, east],
    [south, east],
    [south, west],
  ];
  return polygonToCells(corners, RESOLUTION).map(outline).join("");
}

/** The cells in which unicorns may be near enough to a place. */
export function reach(place: Place): string {
  const point: [number, number] = [place.lat, place.lon];
  const cells = gridDisk(latLngToCell(place.lat, place.lon, RESOLUTION), 2);
  return cells
    .filter((cell) => nearestKm(cell, point) <= REACH_KM)
    .map(outline)
    .join("");
}

function nearestKm(cell: string, point: [number, number]): number {
  if (latLngToCell(...point, RESOLUTION) === cell) return 0;
  return Math.min(...cellToBoundary(cell).map((corner) => greatCircleDistance(corner, point, UNITS.km)));
}

function outline(cell: string): string {
  return `${line(cellToBoundary(cell) as [number, number][])}Z`;
}
