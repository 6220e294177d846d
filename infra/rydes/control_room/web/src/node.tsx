/** What one part of the picture is: beside it, or on a narrow screen below it. */
import "./styles/node.css";
import { Icon as Sign } from "@wild-rydes/web/components/icons";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Architecture, api, type LogLine } from "./api";
import { depths, faults } from "./live";
import { Badge } from "./parts";
import { chosen } from "./picture";
import { link } from "./route";
import { clock } from "./words";

const EVERY = 1500;

const WHAT: Record<string, string> = {
  api: "API of API Gateway",
  bus: "EventBridge bus",
  function: "Lambda function",
  outside: "Outside of the system",
  partner: "Partner fleet",
  queue: "SQS queue",
  rule: "EventBridge rule",
  schedule: "EventBridge schedule",
  socket: "WebSocket API",
  table: "DynamoDB table",
  topic: "SNS topic",
};

/** `side` is where it hides nothing of what is chosen. */
export function Node({ architecture, side }: { architecture: Architecture; side: "left" | "right" }) {
  const node = architecture.nodes.find((each) => each.id === chosen.value);
  const [lines, setLines] = useState<LogLine[]>([]);
  const panel = useRef<HTMLElement>(null);
  const id = node?.id ?? "";

  useEffect(() => {
    setLines([]);
    if (!id.startsWith("function:")) return;
    let over = false;
    const look = () =>
      api
        .lines(id)
        .then((found) => !over && setLines(found.lines))
        .catch(() => undefined);
    look();
    const timer = setInterval(look, EVERY);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [id]);

  useEffect(() => {
    if (!id) return;
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      chosen.value = "";
      document.querySelector<SVGGElement>(`[data-node="${CSS.escape(id)}"]`)?.focus();
    };
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [id]);

  if (!node) return null;
  const own = depths.value[node.name];
  const fault = faults.value[node.id];
  const ways = (out: boolean) =>
    architecture.edges.filter((edge) => (out ? edge.source : edge.target) === node.id);
  return (
    <aside class={`panel ${side}`} ref={panel} aria-label={`${WHAT[node.kind]} ${node.name}`}>
      <header>
        <p class="soft small">
          {WHAT[node.kind] ?? node.kind}
          {node.service && ` of ${node.service}`}
        </p>
        <h2>{node.name}</h2>
        <button
          type="button"
          class="button quiet icon"
          aria-label="Close"
          onClick={() => (chosen.value = "")}
        >
          <Sign name="close" size={18} />
        </button>
      </header>
      {fault && (
        <p>
          <Badge kind="warn">{fault}</Badge> Broken on purpose: <a href={link("faults")}>mend it</a>
        </p>
      )}
      {node.kind === "queue" && own && (
        <dl class="facts">
          <dt>waiting</dt>
          <dd class="numbers">{own[0]}</dd>
          <dt>being handled</dt>
          <dd class="numbers">{own[1]}</dd>
          <dt>delayed</dt>
          <dd class="numbers">{own[2]}</dd>
          {node.hides_for && (
            <>
              <dt>comes again after</dt>
              <dd class="numbers">{node.hides_for} s, if its worker dies</dd>
            </>
          )}
        </dl>
      )}
      {node.kind === "queue" && (
        <p>
          <a href={link("queues", node.name)}>Its dead letters</a>
        </p>
      )}
      {node.kind === "partner" && (
        <p>
          <a href={link("circuits")}>Its circuit</a>
        </p>
      )}
      {node.kind === "bus" && (
        <p>
          <a href={link("events")}>What it carries</a>
        </p>
      )}
      <Ways
        title="What leads here"
        of={ways(false).map((edge) => ({ id: edge.source, kind: edge.kind }))}
        inward
      />
      <Ways title="Where it leads" of={ways(true).map((edge) => ({ id: edge.target, kind: edge.kind }))} />
      {node.kind === "function" && (
        <section>
          <h3>Last lines</h3>
          {lines.length === 0 && (
            <p class="soft small">It has logged nothing since the control room looks.</p>
          )}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
          <ol class="lines" tabIndex={0} aria-label="Last lines">
            {lines
              .slice()
              .reverse()
              .map((line, n) => (
                <li key={`${line.at} ${n}`} class={line.level.toLowerCase()}>
                  <time>{clock(line.at)}</time> {line.text.slice(22).replace(node.name, "").trim()}
                </li>
              ))}
          </ol>
        </section>
      )}
    </aside>
  );
}

interface WaysProps {
  title: string;
  of: { id: string; kind: string }[];
  /** They lead here: read as "the other one delivers to it". */
  inward?: boolean;
}

function Ways({ title, of, inward }: WaysProps) {
  if (!of.length) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class={`ways ${inward ? "inward" : ""}`}>
        {of.map(({ id, kind }) => (
          <li key={`${id} ${kind}`}>
            {!inward && <span class="soft">{kind}</span>}
            <button type="button" class="plain-link" onClick={() => (chosen.value = id)}>
              {id.slice(id.indexOf(":") + 1)}
            </button>
            {inward && <span class="soft">{kind === "pushes" ? "pushes to it" : `${kind} it`}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
