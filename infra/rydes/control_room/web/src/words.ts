/** How figures are written. */

export const dash = "–";

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return dash;
  if (value < 1000) return `${Math.round(value)} ms`;
  return value < 100_000
    ? `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`
    : `${Math.round(value / 1000)} s`;
}

export function age(seconds: number): string {
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
  ];
  for (const [size, unit] of units) if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? dash : `${Math.round(share * 100)} %`;
}

/** The end of an id: ids that begin at the same time differ there. */
export const short = (id: string) => (id.length > 12 ? `…${id.slice(-8)}` : id);

export const plural = (count: number, one: string, more = `${one}s`) =>
  `${count} ${count === 1 ? one : more}`;
