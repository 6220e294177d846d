/** One part of the picture: its shape, its name as far as there is room, and what waits or is dead there. */
import type { ArchitectureNode } from "./api";
import { fitted } from "./fitted";
import type { Chip } from "./layout";
import { alerts, circuits, depths, faults } from "./live";
import { plural } from "./words";

const LATELY = 60_000;
/** As in picture.css. */
const SIZE = 11.5;

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

interface State {
  waiting: number;
  dead: number;
  /** What a function has logged lately, as a class: `warning`, `error`, `critical`. */
  failed: string;
  broken: string;
  /** What is broken on purpose. */
  fault: string;
}

function state({ node, behind }: Chip): State {
  const sum = (name: string) => (depths.value[name] ?? [0, 0, 0]).reduce((a, b) => a + b, 0);
  const alert = alerts.value[node.id];
  const circuit = node.kind === "partner" ? circuits.value[node.id.slice("partner:".length)] : undefined;
  const open = circuit && (circuit.state !== "CLOSED" || circuit.mode === "FORCED_OPEN");
  return {
    waiting: node.kind === "queue" ? sum(node.name) : 0,
    dead: behind.reduce((all, name) => all + sum(name), 0),
    failed: alert && Date.now() - alert.at < LATELY ? alert.level.toLowerCase() : "",
    broken: open ? circuit.state.toLowerCase().replace("_", " ") : "",
    fault: faults.value[node.id] ?? "",
  };
}

/** What it is, by the name under which logs, alarms and AWS's console have it, and how it is. */
export function told(chip: Chip): string {
  const { waiting, dead, failed, broken, fault } = state(chip);
  return [
    `${KIND[chip.node.kind] ?? chip.node.kind} ${chip.node.name}`,
    waiting ? plural(waiting, "message") : "",
    dead ? plural(dead, "dead letter") : "",
    fault ? `broken on purpose: ${fault}` : "",
    broken ? `circuit ${broken}` : "",
    failed ? `logged a ${failed === "warning" ? "warning" : "failure"}` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

interface ShapeProps {
  chip: Chip;
  stop: boolean;
  near: boolean;
  onChoose: () => void;
  /** Somebody points at it, or the focus is there; or no longer. */
  onPoint: (at: boolean) => void;
}

export function Shape({ chip, stop, near, onChoose, onPoint }: ShapeProps) {
  const { node, x, y, w, h } = chip;
  const { waiting, dead, failed, broken, fault } = state(chip);
  const badges = [
    { kind: "fault", text: fault ? "!" : "" },
    { kind: "dead", text: dead ? String(dead) : "" },
    { kind: "waits", text: waiting ? String(waiting) : "" },
  ].filter(({ text }) => text);
  const small = node.kind === "rule" || node.kind === "topic";
  const vertical = node.kind === "bus" && h > w;
  const icon = w > 90 && node.kind in ICONS;
  const start = icon ? 18 : w > 90 ? 8 : 6;
  const counted = badges.reduce((sum, badge) => sum + 13 + badge.text.length * 6, 0);
  let right = x + w - 5;
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no button */}
      <g
        role="button"
        tabindex={stop ? 0 : -1}
        aria-label={told(chip)}
        data-node={node.id}
        class={`node ${node.kind} ${near ? "near" : ""} ${failed} ${broken ? "broken" : ""}`}
        onClick={onChoose}
        onKeyDown={undefined}
        onPointerEnter={() => onPoint(true)}
        onPointerLeave={() => onPoint(false)}
        onFocus={() => onPoint(true)}
        onBlur={() => onPoint(false)}
      >
        {small ? (
          <>
            <rect class="reach" x={x - 6} y={y - 6} width={w + 12} height={h + 12} />
            <path class="shape" d={diamond(x, y, w, h)} />
          </>
        ) : (
          <rect class="shape" x={x} y={y} width={w} height={h} rx={node.kind === "queue" ? 4 : 7} />
        )}
        {icon && <Icon kind={node.kind} x={x + 5} y={y + h / 2} />}
      </g>
      {/* What is written is cut to fit. The button says it in full, and so does the tip. */}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus */}
      <g class={`caption ${node.kind}`} aria-hidden="true">
        {!small && !vertical && (
          <text x={x + start} y={y + h / 2 + 4}>
            {fitted(chip.label, w - start - 4 - counted, SIZE)}
          </text>
        )}
        {vertical && (
          <text transform={`translate(${x + w / 2 + 4} ${y + h / 2}) rotate(-90)`} text-anchor="middle">
            event bus · {chip.label}
          </text>
        )}
        {badges.map(({ text, kind }) => {
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

export const diamond = (x: number, y: number, w: number, h: number) =>
  `M${x + w / 2} ${y}L${x + w} ${y + h / 2}L${x + w / 2} ${y + h}L${x} ${y + h / 2}Z`;

const ICONS: Partial<Record<ArchitectureNode["kind"], (x: number, y: number) => string>> = {
  function: (x, y) => `M${x} ${y - 4}h3l4 8h3M${x + 3.6} ${y - 0.5}l-3.6 4.5`,
  queue: (x, y) => `M${x} ${y - 4}v8M${x + 4} ${y - 4}v8M${x + 8} ${y - 4}v8`,
  table: (x, y) => `M${x} ${y - 3}a4.5 1.8 0 0 0 9 0a4.5 1.8 0 0 0 -9 0v6a4.5 1.8 0 0 0 9 0v-6`,
  api: (x, y) => `M${x} ${y - 2}h9l-2.5 -2.5M${x + 9} ${y + 2}h-9l2.5 2.5`,
  socket: (x, y) => `M${x} ${y}h3l1.5 -4l2 8l1.5 -4h2`,
};

export function Icon({ kind, x, y }: { kind: ArchitectureNode["kind"]; x: number; y: number }) {
  return <path class="icon" d={ICONS[kind]?.(x, y)} />;
}
