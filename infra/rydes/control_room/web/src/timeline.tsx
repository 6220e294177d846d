/** One RFQ as a timeline over all functions. */
import "./styles/timeline.css";
import { useEffect, useState } from "preact/hooks";
import { api, type BusEvent, type Step } from "./api";
import { rfqs } from "./live";
import { Empty, Json, Problem, usePolled, Waiting } from "./parts";
import { link } from "./route";
import { age, dash, milliseconds, short } from "./words";

const ANSWERS =
  "No body is known: an answer goes by SQS to the return address, past the bus, and nobody keeps it. What it came to is in the steps of the aggregator, and in the figures above.";
const INTERNAL =
  "No body is known: the service sends this to a queue of its own, past the bus, and nobody keeps it.";

export function TimelineOf({ id }: { id: string }) {
  const { found, problem, look } = usePolled(() => api.timeline(id), 4000, id);
  const rfq = rfqs.value.find((each) => each.id === id);
  const [open, setOpen] = useState("");
  const steps = found?.steps ?? [];
  const whole = axis(steps);
  const unknown = problem?.status === 404;
  const choices = found?.choices ?? [];
  useEffect(() => {
    // Its end led here: the address is that of the whole id, and the way back skips the end.
    if (found && found.id !== id) location.replace(link("rfqs", found.id));
  }, [found, id]);
  return (
    <section class="detail" aria-labelledby="timeline">
      <header class="head">
        <a class="button quiet small back" href={link("rfqs")}>
          ← All
        </a>
        <div>
          <h1 id="timeline">
            {unknown ? (
              "Unknown id"
            ) : (
              <>
                RFQ <code>{short(id)}</code>
              </>
            )}
          </h1>
          <p class="soft small id">{id}</p>
        </div>
        <button type="button" class="button quiet small" onClick={look}>
          Look again
        </button>
      </header>
      {unknown ? <Empty title={problem.message}>{problem.wayOut}</Empty> : <Problem of={problem} />}
      {!found && !problem && <Waiting />}
      {rfq && (
        <dl class="facts wide">
          <Fact name="asked" value={String(rfq.asked)} />
          <Fact name="quoted" value={String(rfq.quoted)} />
          <Fact name="declined" value={String(rfq.declined)} />
          <Fact name="silent" value={String(rfq.silent)} />
          <Fact name="first quote" value={milliseconds(rfq.first_quote_ms)} />
          <Fact name="complete" value={milliseconds(rfq.rfq_ms)} />
          <Fact name="ride" value={rfq.ride || dash} />
        </dl>
      )}
      {choices.length > 0 && (
        <>
          <p class="lead">More than one id ends so. Which is meant?</p>
          <ul class="rows">
            {choices.map((each) => (
              <li key={each}>
                <a class="row" href={link("rfqs", each)}>
                  <code>{each}</code>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
      {found && steps.length === 0 && choices.length === 0 && (
        <Empty title="No function has logged anything about it">
          The bus has carried it just now, or no rule lets it through to anybody.
        </Empty>
      )}
      {steps.length > 0 && (
        <>
          <p class="legend soft">
            {[...new Set(steps.map((step) => step.service))].map((service) => (
              <span key={service}>
                <i class={`service ${service}`} /> {service}
              </span>
            ))}
            <span>
              <i class="swatch wait" /> waited in a queue
            </span>
            <span>
              <i class="swatch took" /> took
            </span>
            <span>
              <b class="tag cold">cold</b> a worker had to start first
            </span>
          </p>
          <p class="columns line" aria-hidden="true">
            <span class="ms">after</span>
            <span class="function">function</span>
            <span class="what">what</span>
            <span class="chart">when</span>
            <span class="wait-ms">waited</span>
          </p>
          <ol class="timeline">
            {steps.map((step, n) => (
              <StepRow
                key={n}
                step={step}
                whole={whole}
                events={(found?.events ?? []).filter((event) => event.type === step.message)}
                open={open === String(n)}
                onToggle={() => setOpen(open === String(n) ? "" : String(n))}
              />
            ))}
          </ol>
        </>
      )}
      {found && <Bodies events={found.events} />}
    </section>
  );
}

/** Choose the milliseconds that the chart shows: what waits for a deadline long after all the rest is beyond it. */
function axis(steps: Step[]): number {
  const ends = steps.map((step) => step.began_ms + step.took_ms).sort((a, b) => a - b);
  let n = ends.length - 1;
  while (n > 1 && (ends[n] ?? 0) > 3 * (ends[n - 1] ?? 0)) n--;
  const first = ends.findIndex((end, i) => i > 2 && end > 3 * (ends[i - 1] ?? 0) && i >= ends.length * 0.8);
  return Math.max(1, first > 0 ? (ends[first - 1] ?? 0) : (ends[n] ?? 0));
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="numbers">{value}</dd>
    </div>
  );
}

interface StepProps {
  step: Step;
  whole: number;
  events: BusEvent[];
  open: boolean;
  onToggle: () => void;
}

function StepRow({ step, whole, events, open, onToggle }: StepProps) {
  const wait = Math.max(0, step.wait_ms ?? 0);
  const from = Math.max(0, step.ms - wait);
  const share = (ms: number) => `${(100 * ms) / whole}%`;
  const details = Object.entries(step.details).filter(([key]) => !/milliseconds|took_ms/.test(key));
  const bodiless = Boolean(step.message && !step.on_bus);
  const able = details.length > 0 || events.length > 0 || bodiless;
  const what = `${step.count > 1 ? `${step.count} × ` : ""}${step.what}`;
  return (
    <li class={`step ${step.service} ${step.level.toLowerCase()}`}>
      <button
        type="button"
        class="line"
        aria-expanded={able ? open : undefined}
        disabled={!able}
        onClick={onToggle}
      >
        <span class="numbers ms">{milliseconds(step.ms)}</span>
        <span class="function" title={step.function}>
          <i class={`service ${step.service}`} aria-hidden="true" />
          <span class="cut">{step.function.replace(`${step.service}-`, "")}</span>
        </span>
        <span class="what">
          <span class="cut" title={what}>
            {what}
          </span>
          {events.length > 0 && <span class="tag body">body</span>}
          {step.cold && <span class="tag cold">cold</span>}
        </span>
        <span class="chart" aria-hidden="true">
          {step.ms > whole ? (
            <span class="beyond">later ›</span>
          ) : (
            <>
              <i class="wait" style={{ left: share(from), width: share(step.ms - from) }} />
              <i class="took" style={{ left: share(step.began_ms), width: share(step.took_ms) }} />
            </>
          )}
        </span>
        <span class="numbers wait-ms small soft">
          {wait >= 1 ? <span title={`in ${step.queue}`}>{milliseconds(wait)}</span> : ""}
        </span>
      </button>
      {open && (
        <div class="more">
          {step.queue && (
            <p class="small soft">
              came by <code>{step.queue}</code>
            </p>
          )}
          {details.length > 0 && (
            <dl class="pairs">
              {details.map(([key, value]) => (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
                </div>
              ))}
            </dl>
          )}
          {events.map((event) => (
            <Json key={event.event_id} of={event.body} label={`Body of ${event.type}`} />
          ))}
          {bodiless && <p class="small soft">{step.message === "RfqResponse" ? ANSWERS : INTERNAL}</p>}
        </div>
      )}
    </li>
  );
}

function Bodies({ events }: { events: BusEvent[] }) {
  return (
    <section class="bodies">
      <h2>On the bus</h2>
      {events.length === 0 ? (
        <p class="soft small">
          No bodies are known: the control room listens to the bus of a local cloud, and only since it runs.
        </p>
      ) : (
        <ul>
          {events.map((event) => (
            <li key={event.event_id || event.at}>
              <details>
                <summary>
                  <strong>{event.type}</strong>
                  <span class="soft small">
                    {event.source} · {age((Date.now() - Date.parse(event.at)) / 1000)} ago
                  </span>
                </summary>
                <Json of={event.body} label={`Body of ${event.type}`} />
              </details>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
