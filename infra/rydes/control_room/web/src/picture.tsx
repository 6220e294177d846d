/** The architecture as a live picture. */
import "./styles/picture.css";
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Architecture } from "./api";
import { Dots } from "./dots";
import { Feed } from "./feed";
import { Key } from "./key";
import { type Layout, layout } from "./layout";
import { onHops } from "./live";
import { Node } from "./node";
import { Shape, told } from "./shape";

/** A frame that is being built or printed may have no width at all. */
const NARROWEST = 280;

export const chosen = signal<string>("");

export function Picture({ architecture }: { architecture: Architecture }) {
  const frame = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const layer = useRef<SVGGElement>(null);
  const dots = useRef<Dots | null>(null);
  const [width, setWidth] = useState(0);
  const drawn = useMemo(() => (width ? layout(architecture, width) : null), [architecture, width]);
  const [at, setAt] = useState("");
  const [pointed, setPointed] = useState("");

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = new ResizeObserver(() => setWidth(Math.max(NARROWEST, Math.floor(element.clientWidth))));
    measure.observe(element);
    return () => measure.disconnect();
  }, []);

  useEffect(() => {
    if (!drawn || !layer.current || !svg.current) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    dots.current = new Dots(layer.current, svg.current, () => still.matches);
    dots.current.use(drawn);
    return onHops((hops) => dots.current?.show(hops));
  }, [drawn]);

  const first = drawn?.chips.keys().next().value ?? "";
  const stop = at && drawn?.chips.has(at) ? at : first;

  const move = (event: KeyboardEvent) => {
    if (!drawn) return;
    if (event.key === "Escape") setPointed("");
    const next = neighbour(drawn, stop, event.key);
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      chosen.value = stop;
    } else if (next) {
      event.preventDefault();
      setAt(next);
      svg.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
    }
  };

  const related = new Set(
    architecture.edges.flatMap(({ source, target }) =>
      source === chosen.value ? [target] : target === chosen.value ? [source] : [],
    ),
  );

  return (
    <div class="stage">
      <div class="picture" ref={frame}>
        {drawn && (
          // biome-ignore lint/a11y/useSemanticElements: there is no element for a group of shapes
          <svg
            ref={svg}
            role="group"
            aria-label="Architecture. Arrow keys go from one part to the next, Enter shows it."
            width={drawn.width}
            height={drawn.height}
            viewBox={`0 0 ${drawn.width} ${drawn.height}`}
            class={chosen.value ? "focused" : ""}
            onKeyDown={move}
          >
            {drawn.boxes.map((box) => (
              <g key={box.service} class="box">
                <rect x={box.x} y={box.y} width={box.w} height={box.h} rx="12" />
                <text x={box.x + 14} y={box.y + 22}>
                  {box.service}
                </text>
              </g>
            ))}
            <g class="edges">
              {drawn.edges.map(({ edge, d }) => (
                <path
                  key={`${edge.source} ${edge.target} ${edge.kind}`}
                  d={d}
                  class={edge.source === chosen.value || edge.target === chosen.value ? "near" : ""}
                />
              ))}
            </g>
            {[...drawn.chips.values()].map((chip) => (
              <Shape
                key={chip.node.id}
                chip={chip}
                stop={chip.node.id === stop}
                near={chip.node.id === chosen.value || related.has(chip.node.id)}
                onChoose={() => {
                  setAt(chip.node.id);
                  chosen.value = chosen.value === chip.node.id ? "" : chip.node.id;
                }}
                onPoint={(here) =>
                  setPointed((now) => (here ? chip.node.id : now === chip.node.id ? "" : now))
                }
              />
            ))}
            <g ref={layer} class="dots" />
          </svg>
        )}
        {drawn && <Tip drawn={drawn} of={pointed === chosen.value ? "" : pointed} />}
        <Key />
        {drawn && <Feed room={drawn.spare} />}
      </div>
      <Node
        architecture={architecture}
        side={(drawn?.chips.get(chosen.value)?.x ?? 0) > width / 2 ? "left" : "right"}
      />
    </div>
  );
}

/** The full name of what somebody points at, or has the focus on. */
function Tip({ drawn, of }: { drawn: Layout; of: string }) {
  const chip = drawn.chips.get(of);
  if (!chip) return null;
  const { x, w, y, h } = chip;
  const tall = h > 60; // the bus has no below
  const side = x + w / 2 > drawn.width / 2 ? { right: `${drawn.width - x - w}px` } : { left: `${x}px` };
  return (
    <p class="tip" aria-hidden="true" style={{ ...side, top: `${tall ? y + h / 2 : y + h + 5}px` }}>
      {told(chip)}
    </p>
  );
}

/** Find the nearest part in the direction of an arrow key. */
function neighbour(drawn: Layout, from: string, key: string): string | null {
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const here = drawn.chips.get(from);
  if (!direction || !here) return null;
  const [dx = 0, dy = 0] = direction;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, chip] of drawn.chips) {
    const x = chip.x + chip.w / 2 - here.x - here.w / 2;
    const y = chip.y + chip.h / 2 - here.y - here.h / 2;
    const along = x * dx + y * dy;
    const across = Math.abs(x * dy) + Math.abs(y * dx);
    if (id === from || along < 4) continue;
    const far = along + 2.5 * across;
    if (far < least) [best, least] = [id, far];
  }
  return best;
}
