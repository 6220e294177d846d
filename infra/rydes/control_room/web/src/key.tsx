/** What the shapes, dots and marks of the picture mean. */
import type { ComponentChildren } from "preact";
import type { ArchitectureNode } from "./api";
import { diamond, Icon } from "./shape";

const PARTS: [ArchitectureNode["kind"], string][] = [
  ["function", "function"],
  ["queue", "queue"],
  ["table", "table"],
  ["api", "API"],
  ["socket", "WebSocket"],
];
const DOTS = [
  ["event", "event"],
  ["answer", "answer"],
  ["call", "request"],
  ["text", "SMS"],
  ["change", "change"],
] as const;
const COUNTS = [
  ["waits", "2", "messages wait"],
  ["dead", "2", "dead letters"],
  ["fault", "!", "broken on purpose"],
] as const;

export function Key() {
  return (
    <section class="key" aria-label="Legend">
      <dl>
        {PARTS.map(([kind, name]) => (
          <Entry key={kind} name={name}>
            <Sign width={20}>
              <g class={`node ${kind}`}>
                <rect class="shape" x={0.5} y={0.5} width={19} height={15} rx={kind === "queue" ? 3 : 5} />
                <Icon kind={kind} x={5.5} y={8} />
              </g>
            </Sign>
          </Entry>
        ))}
        {(["rule", "topic"] as const).map((kind) => (
          <Entry key={kind} name={kind === "rule" ? "rule of the bus" : "topic"}>
            <Sign width={14}>
              <g class={`node ${kind}`}>
                <path class="shape" d={diamond(1, 2, 12, 12)} />
              </g>
            </Sign>
          </Entry>
        ))}
      </dl>
      <dl>
        {DOTS.map(([kind, name]) => (
          <Entry key={kind} name={name}>
            <i class={`mark ${kind}`} />
          </Entry>
        ))}
      </dl>
      <dl>
        {COUNTS.map(([kind, text, name]) => (
          <Entry key={kind} name={name}>
            <Sign width={16}>
              <g class={`count ${kind}`}>
                <rect x={0} y={0.5} width={16} height={15} rx={7.5} />
                <text x={8} y={11.5} text-anchor="middle">
                  {text}
                </text>
              </g>
            </Sign>
          </Entry>
        ))}
        {(
          [
            ["function warning", "has warned"],
            ["function error", "has failed"],
            ["partner broken", "circuit open"],
          ] as const
        ).map(([kind, name]) => (
          <Entry key={kind} name={name}>
            <Sign width={20}>
              <g class={`node ${kind}`}>
                <rect class="shape" x={1} y={1} width={18} height={14} rx={5} />
              </g>
            </Sign>
          </Entry>
        ))}
      </dl>
    </section>
  );
}

function Entry({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt aria-hidden="true">{children}</dt>
      <dd>{name}</dd>
    </div>
  );
}

function Sign({ width, children }: { width: number; children: ComponentChildren }) {
  return (
    <svg width={width} height={16} viewBox={`0 0 ${width} 16`} aria-hidden="true">
      {children}
    </svg>
  );
}
