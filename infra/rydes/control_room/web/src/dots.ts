/** Dots that move along the picture as messages do, drawn into a layer of its own outside of Preact. */
import type { Hop } from "./api";
import type { Layout } from "./layout";

const SVG = "http://www.w3.org/2000/svg";
/** Milliseconds on each way between two nodes. */
const ON_THE_WAY = 620;
/** Within so many milliseconds all of one tick's messages set off. */
const SPREAD = 1100;
const GLOW = 900;
const MOST = 160;

export function family(what: string): string {
  if (/Response|quote|answers?$|answered/i.test(what)) return "answer";
  if (/SMS|Feedback|Callback/.test(what)) return "text";
  if (/^[A-Z]+ \//.test(what)) return "call";
  return /^[A-Z][a-z]+[A-Z]/.test(what) ? "event" : "change";
}

export class Dots {
  private readonly ways = new Map<string, SVGPathElement>();
  private readonly glowing = new Map<string, ReturnType<typeof setTimeout>>();
  private layout: Layout | null = null;

  constructor(
    private readonly layer: SVGGElement,
    private readonly root: SVGSVGElement,
    private readonly still: () => boolean,
  ) {}

  use(layout: Layout): void {
    this.layout = layout;
    this.ways.clear();
    this.layer.replaceChildren();
  }

  show(hops: Hop[]): void {
    const first = Math.min(...hops.map((hop) => hop.at));
    const last = Math.max(...hops.map((hop) => hop.at));
    const squeeze = last - first > SPREAD ? SPREAD / (last - first) : 1;
    for (const hop of hops.slice(-MOST)) {
      setTimeout(() => this.along(hop, 0), (hop.at - first) * squeeze);
    }
  }

  private along(hop: Hop, n: number): void {
    const from = hop.path[n];
    const to = hop.path[n + 1];
    if (from) this.glow(from);
    if (!from || !to) return;
    const way = this.way(from, to);
    const length = way?.getTotalLength() ?? 0;
    if (!way || !length || this.still() || document.hidden || this.layer.childElementCount > MOST) {
      if (!document.hidden) setTimeout(() => this.along(hop, n + 1), this.still() ? 200 : 0);
      return;
    }
    const dot = document.createElementNS(SVG, "circle");
    dot.setAttribute("r", "4");
    dot.setAttribute("class", `dot ${family(hop.what)}`);
    this.layer.append(dot);
    const began = performance.now();
    const step = (now: number) => {
      const share = Math.min(1, Math.max(0, (now - began) / ON_THE_WAY));
      const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
      const at = way.getPointAtLength(eased * length);
      dot.setAttribute("cx", String(at.x));
      dot.setAttribute("cy", String(at.y));
      if (share < 1) {
        requestAnimationFrame(step);
      } else {
        dot.remove();
        this.along(hop, n + 1);
      }
    };
    requestAnimationFrame(step);
  }

  /** A node lights up for a moment as a message comes to it. */
  private glow(id: string): void {
    const node = this.root.querySelector(`[data-node="${CSS.escape(id)}"]`);
    if (!node) return;
    clearTimeout(this.glowing.get(id));
    node.classList.add("glows");
    node.setAttribute("data-passed", String(Number(node.getAttribute("data-passed") ?? 0) + 1));
    this.glowing.set(
      id,
      setTimeout(() => node.classList.remove("glows"), GLOW),
    );
  }

  private way(from: string, to: string): SVGPathElement | null {
    const key = `${from} ${to}`;
    const known = this.ways.get(key);
    if (known) return known;
    const d = this.layout?.path(from, to);
    if (!d) return null;
    const made = document.createElementNS(SVG, "path");
    made.setAttribute("d", d);
    this.ways.set(key, made);
    return made;
  }
}
