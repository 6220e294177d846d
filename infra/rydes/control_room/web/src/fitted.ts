/** Cuts texts to the room that there is, by how wide they are in the page's own font. */

const measure = document.createElement("canvas").getContext("2d");
const widths = new Map<string, number>();
let family = "";

function width(text: string, size: number): number {
  const key = `${size} ${text}`;
  const known = widths.get(key);
  if (known !== undefined || !measure) return known ?? text.length * size * 0.55;
  family ||= getComputedStyle(document.body).fontFamily;
  measure.font = `${size}px ${family}`;
  const found = measure.measureText(text).width;
  widths.set(key, found);
  return found;
}

/** As much of a text as fits, with an ellipsis if that is not all. */
export function fitted(text: string, room: number, size: number): string {
  if (width(text, size) <= room) return text;
  let most = text.length - 1;
  while (most > 1 && width(`${text.slice(0, most)}…`, size) > room) most--;
  return `${text.slice(0, most).replace(/[-\s]+$/, "")}…`;
}
