/** The frame of the control room: navigation, figures, and the view that is chosen. */
import "./styles/frame.css";
import { useSignalEffect } from "@preact/signals";
import { Icon as Sign } from "@wild-rydes/web/components/icons";
import { theme } from "@wild-rydes/web/theme";
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "./api";
import { CircuitsView } from "./circuits";
import { ConversationsView } from "./conversations";
import { EventsView } from "./events";
import { FaultsView } from "./faults";
import { connection, deadLetters, figures, openCircuits, patience, picture, stale } from "./live";
import { Problem, usePolled } from "./parts";
import { Picture } from "./picture";
import { QueuesView } from "./queues";
import { RfqsView } from "./rfqs";
import { link, route, VIEWS, type View } from "./route";
import { SAID, Stale } from "./stale";
import { milliseconds, percent } from "./words";

export function App() {
  const system = usePolled(api.system, 0);
  const architecture = usePolled(api.architecture, 0);
  const local = system.found?.local ?? true;
  const { view } = route.value;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const drawn = architecture.found?.version;
  const outdated = Boolean(drawn && picture.value && drawn !== picture.value);

  useEffect(() => {
    if (outdated) architecture.look();
  }, [outdated]);
  useEffect(() => {
    patience.value = local ? 15_000 : 150_000; // AWS is looked at more rarely
  }, [local]);

  useSignalEffect(() => {
    const title = VIEWS.find(([name]) => name === route.value.view)?.[1] ?? "";
    document.title = `${title} · Wild Rydes control room`;
    // Whoever chose another view goes on in it.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  });
  return (
    <div class="room" data-stale={stale.value ? "" : undefined}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the view
      </button>
      <header class="bar">
        <p class="brand">
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <rect width="32" height="32" rx="9" />
            <path d="M24 4.5 18 13a6.6 6.6 0 0 0-9 6.200c0 2 .8 3.6 2.2 4.800v3h8.500v-4.800c2-.9 3.8-2.7 3.8-5.2 0-1.5-.4-2.7-1.1-3.600z" />
          </svg>
          <span>
            Wild Rydes <span class="soft">control room</span>
          </span>
        </p>
        <Connection local={local} environment={system.found?.environment ?? ""} />
        <Turn />
      </header>
      <nav aria-label="Views">
        <ul>
          {VIEWS.filter(([name]) => local || name !== "faults").map(([name, title]) => (
            <li key={name}>
              <a href={link(name)} aria-current={view === name ? "page" : undefined}>
                <Icon of={name} />
                <span>{title}</span>
                {name === "queues" && deadLetters.value > 0 && (
                  <span class="count" title="dead letters">
                    {deadLetters.value}
                    <span class="visually-hidden"> dead letters</span>
                  </span>
                )}
                {name === "circuits" && openCircuits.value > 0 && (
                  <span class="count" title="not closed">
                    {openCircuits.value}
                    <span class="visually-hidden"> not closed</span>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main ref={main} id="main" tabIndex={-1} data-view={view}>
        <FiguresStrip />
        <Stale />
        <Problem of={system.problem ?? architecture.problem} />
        {view === "live" && (
          <>
            <h1 class="visually-hidden">The system, live</h1>
            {architecture.found && <Picture architecture={architecture.found} />}
          </>
        )}
        {view === "rfqs" && <RfqsView />}
        {view === "queues" && <QueuesView />}
        {view === "circuits" && <CircuitsView local={local} />}
        {view === "events" && <EventsView local={local} />}
        {view === "conversations" && <ConversationsView local={local} />}
        {view === "faults" && local && <FaultsView />}
      </main>
    </div>
  );
}

/** Turns to the other colours; what the device has is where one begins. */
function Turn() {
  const [device, setDevice] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const asked = matchMedia("(prefers-color-scheme: dark)");
    const turned = () => setDevice(asked.matches);
    asked.addEventListener("change", turned);
    return () => asked.removeEventListener("change", turned);
  }, []);
  const dark = theme.value === "system" ? device : theme.value === "dark";
  return (
    <button
      type="button"
      class="button quiet icon"
      aria-label={dark ? "Light colours" : "Dark colours"}
      onClick={() => {
        theme.value = dark ? "light" : "dark";
      }}
    >
      <Sign name={dark ? "sun" : "moon"} size={18} />
    </button>
  );
}

function Connection({ local, environment }: { local: boolean; environment: string }) {
  const state = connection.value;
  return (
    <p class="connection small" role="status">
      <i class={state} aria-hidden="true" />
      <span>
        {local ? "local cloud" : "AWS, read-only"}
        {environment && ` ${environment}`} · {SAID[state]}
      </span>
    </p>
  );
}

function FiguresStrip() {
  const now = figures.value;
  const lately = `last ${now?.minutes ?? 5} min`;
  const shown: [string, string, string, string][] = [
    ["RFQs/min", now ? String(now.rfqs_a_minute) : "–", "last minute", "RFQs that began in the last minute"],
    ["running", now ? String(now.running) : "–", "now", "RFQs that gather answers now"],
    ["first quote", milliseconds(now?.first_quote_ms), lately, "median of the RFQs that are over"],
    ["complete", milliseconds(now?.completion_ms), lately, "median of the RFQs that are over"],
    [
      "all answered",
      percent(now?.all_answered),
      lately,
      "of the RFQs that asked anybody; the rest ended at their deadline",
    ],
    [
      "quotes",
      now?.quotes_each != null ? now.quotes_each.toFixed(0) : "–",
      lately,
      "that an RFQ got, on average",
    ],
    ["rides", now ? String(now.rides) : "–", lately, "booked by RFQs that began in this time"],
  ];
  return (
    <dl class="strip" aria-label="Figures">
      {shown.map(([name, value, window, meaning]) => (
        <div key={name} title={meaning}>
          <dt>{name}</dt>
          <dd class="numbers">
            {value} <small>{window}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}

const ICONS: Record<View, string> = {
  live: "M2 10h4l2.5-6 4 12 2.5-6h3",
  rfqs: "M4 5h12M4 10h8M4 15h5",
  queues: "M4 4v12M8 4v12M12 4v12M16 4v12",
  circuits: "M2 10h5M13 10h5M7 10l6-4",
  events: "M4 4h5v5H4zM11 11h5v5h-5zM9 6.500h4v4.5",
  conversations: "M3 4h14v9H9l-4 3v-3H3z",
  faults: "M11 2 4 11h5l-1 7 8-10h-6z",
};

function Icon({ of }: { of: View }) {
  return (
    <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d={ICONS[of]} />
    </svg>
  );
}
