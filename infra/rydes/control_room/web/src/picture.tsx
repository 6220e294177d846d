/** The architecture as a live picture. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Architecture, ArchitectureNode } from "./api";
import { Dots, family } from "./dots";
import { type Chip, type Layout, layout } from "./layout";
import { alerts, circuits, depths, feed, onHops } from "./live";
import { Node } from "./node";
import { link } from "./route";
import { clock, short } from "./words";

const LATELY = 60_000;
const LETTER = 6.2;

export const chosen = signal<string>("");

const KIND: Record<string, string> = {
  api: "API",
  bus: "Event bus",
  function: "Function",
  outside: "Outside",
  partner: "Partner",
  queue: "Queue",
  rule: "Rule",
  schedule: "Schedule",
  socket: "WebSocket",
  table: "Table",
  topic: "Topic",
};

export function Picture({ architecture }: { architecture: Architecture }) {
  const frame = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const layer = useRef<SVGGElement>(null);
  const dots = useRef<Dots | null>(null);
  const [width, setWidth] = useState(0);
  const drawn = useMemo(() => (width ? layout(architecture, width) : null), [architecture, width]);
  const [at, setAt] = useState("");

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)));
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
              />
            ))}
            <g ref={layer} class="dots" />
          </svg>
        )}
        {drawn && <Feed room={drawn.spare} />}
      </div>
      <Node
        architecture={architecture}
        side={(drawn?.chips.get(chosen.value)?.x ?? 0) > width / 2 ? "left" : "right"}
      />
    </div>
  );
}

interface ShapeProps {
  chip: Chip;
  stop: boolean;
  near: boolean;
  onChoose: () => void;
}

function Shape({ chip, stop, near, onChoose }: ShapeProps) {
  const { node, x, y, w, h } = chip;
  const own = node.kind === "queue" ? depths.value[node.name] : undefined;
  const waiting = own ? own[0] + own[1] + own[2] : 0;
  const dead = chip.behind.reduce((sum, name) => {
    const depth = depths.value[name];
    return sum + (depth ? depth[0] + depth[1] + depth[2] : 0);
  }, 0);
  const alert = alerts.value[node.id];
  const failed = alert && Date.now() - alert.at < LATELY ? alert.level.toLowerCase() : "";
  const circuit = node.kind === "partner" ? circuits.value[node.id.slice("partner:".length)] : undefined;
  const broken = circuit && (circuit.state !== "CLOSED" || circuit.mode === "FORCED_OPEN");
  const badges = [
    waiting > 0 && { text: String(waiting), kind: "waits" },
    dead > 0 && { text: String(dead), kind: "dead" },
  ].filter((each): each is { text: string; kind: string } => Boolean(each));
  const icon = w > 90 && hasIcon(node);
  const counted = badges.reduce((sum, badge) => sum + 14 + badge.text.length * 6, 0);
  const room = w - (w > 90 ? 12 : 9) - (icon ? 14 : 0) - counted;
  const said = [
    `${KIND[node.kind] ?? node.kind} ${node.name}`,
    waiting ? `${waiting} messages` : "",
    dead ? `${dead} dead letters` : "",
    broken ? `circuit ${circuit.state.toLowerCase().replace("_", " ")}` : "",
    failed ? `logged a ${failed === "warning" ? "warning" : "failure"}` : "",
  ].filter(Boolean);
  const small = node.kind === "rule" || node.kind === "topic";
  const vertical = node.kind === "bus" && h > w;
  let right = x + w - 5;
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no button */}
      <g
        role="button"
        tabindex={stop ? 0 : -1}
        aria-label={said.join(", ")}
        data-node={node.id}
        class={`node ${node.kind} ${near ? "near" : ""} ${failed} ${broken ? "broken" : ""}`}
        onClick={onChoose}
        onKeyDown={undefined}
      >
        {small ? (
          <>
            <rect class="reach" x={x - 6} y={y - 6} width={w + 12} height={h + 12} />
            <path
              class="shape"
              d={`M${x + w / 2} ${y}L${x + w} ${y + h / 2}L${x + w / 2} ${y + h}L${x} ${y + h / 2}Z`}
            />
          </>
        ) : (
          <rect class="shape" x={x} y={y} width={w} height={h} rx={node.kind === "queue" ? 4 : 7} />
        )}
        {icon && <Icon node={node} x={x + 6} y={y + h / 2} />}
        <title>{said.join(", ")}</title>
      </g>
      {/* What is written is cut to fit. The button says it in full. */}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus */}
      <g class={`caption ${node.kind}`} aria-hidden="true">
        {!small && !vertical && (
          <text x={x + (icon ? 20 : w > 90 ? 8 : 6)} y={y + h / 2 + 4}>
            {cut(chip.label, room)}
          </text>
        )}
        {vertical && (
          <text transform={`translate(${x + w / 2 + 4} ${y + h / 2}) rotate(-90)`} text-anchor="middle">
            event bus · {chip.label}
          </text>
        )}
        {badges.reverse().map(({ text, kind }) => {
          const size = 10 + text.length * 6;
          right -= size + 3;
          return (
            <g key={kind} class={`count ${kind}`}>
              <rect x={right + 3} y={y + h / 2 - 7.5} width={size} height={15} rx="7.5" />
              <text x={right + 3 + size / 2} y={y + h / 2 + 3.5} text-anchor="middle">
                {text}
              </text>
            </g>
          );
        })}
      </g>
    </>
  );
}

const hasIcon = (node: ArchitectureNode) =>
  ["function", "queue", "table", "api", "socket"].includes(node.kind);

function Icon({ node, x, y }: { node: ArchitectureNode; x: number; y: number }) {
  const d = {
    function: `M${x} ${y - 4}h3l4 8h3M${x + 3.6} ${y - 0.5}l-3.6 4.5`,
    queue: `M${x} ${y - 4}v8M${x + 4} ${y - 4}v8M${x + 8} ${y - 4}v8`,
    table: `M${x} ${y - 3}a4.5 1.8 0 0 0 9 0a4.5 1.8 0 0 0 -9 0v6a4.5 1.8 0 0 0 9 0v-6`,
    api: `M${x} ${y - 2}h9l-2.5 -2.500M${x + 9} ${y + 2}h-9l2.5 2.5`,
    socket: `M${x} ${y}h3l1.5 -4l2 8l1.5 -4h2`,
  }[node.kind as string];
  return <path class="icon" d={d} />;
}

function cut(label: string, room: number): string {
  const most = Math.max(3, Math.floor(room / LETTER));
  return label.length <= most ? label : `${label.slice(0, most - 1)}…`;
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

function Feed({ room }: { room: Layout["spare"] }) {
  const style = room
    ? { left: `${room.x}px`, top: `${room.y}px`, width: `${room.w}px`, height: `${room.h}px` }
    : {};
  return (
    <section class={room ? "feed beside" : "feed"} style={style} aria-labelledby="feed">
      <h2 id="feed">Messages</h2>
      {feed.value.length === 0 ? (
        <p class="soft small">
          Nothing moves. Ask for a ride in the customer app, or run <code>uv run rydes rfq --book</code>.
        </p>
      ) : (
        <ol>
          {feed.value.map((hop) => (
            <li key={hop.key}>
              <time class="numbers">{clock(hop.at)}</time>
              <i class={`mark ${family(hop.what)}`} aria-hidden="true" />
              <span class="what">{hop.what.replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/g, "…")}</span>
              <span class="where">{name(hop.path.at(-1))}</span>
              {/^[0-9a-f-]{36}/.test(hop.rfq) && !/answered|change/.test(hop.what) ? (
                <a href={link("rfqs", hop.rfq)}>{short(hop.rfq)}</a>
              ) : (
                <span />
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const name = (id?: string) => id?.slice(id.indexOf(":") + 1) ?? "";
