/** The newest RFQs, and one of them as a timeline. */
import { useState } from "preact/hooks";
import { api, type BusEvent, type Rfq, type Step } from "./api";
import { rfqs } from "./live";
import { Badge, Empty, Json, Problem, usePolled, Waiting } from "./parts";
import { go, link, route } from "./route";
import { age, clock, dash, milliseconds, short } from "./words";

export function RfqsView() {
  const chosen = route.value.what;
  const [asked, setAsked] = useState("");
  return (
    <div class={`split ${chosen ? "chosen" : ""}`}>
      <section class="list" aria-labelledby="rfqs">
        <header class="head">
          <h1 id="rfqs">RFQs</h1>
          <search>
            <form
              onSubmit={(event) => {
                event.preventDefault();
                if (asked.trim()) go("rfqs", asked.trim());
              }}
            >
              <input
                class="input"
                type="search"
                placeholder="RFQ, ride or event id"
                aria-label="Id of an RFQ, a ride or an event"
                value={asked}
                onInput={(event) => setAsked(event.currentTarget.value)}
              />
            </form>
          </search>
        </header>
        {rfqs.value.length === 0 ? (
          <Empty title="Nobody has asked for a ride yet">
            Ask in the customer app, or run <code>uv run rydes rfq --book</code>.
          </Empty>
        ) : (
          <ol class="rows">
            {rfqs.value.map((rfq) => (
              <Row key={rfq.id} rfq={rfq} chosen={rfq.id === chosen} />
            ))}
          </ol>
        )}
      </section>
      {chosen && <TimelineOf key={chosen} id={chosen} />}
    </div>
  );
}

function Row({ rfq, chosen }: { rfq: Rfq; chosen: boolean }) {
  const silent = Math.max(0, rfq.asked - rfq.quoted - rfq.declined);
  return (
    <li>
      <a class="row rfq" href={link("rfqs", rfq.id)} aria-current={chosen ? "true" : undefined}>
        <span class="numbers soft">{clock(rfq.began)}</span>
        <code>{short(rfq.id)}</code>
        <span>{rfq.status === "running" ? <Badge kind="violet">running</Badge> : <Status rfq={rfq} />}</span>
        <span class="tally">
          <span class="bar" aria-hidden="true">
            <i class="good" style={{ flexGrow: rfq.quoted }} />
            <i class="warn" style={{ flexGrow: rfq.declined }} />
            <i class="none" style={{ flexGrow: silent || (rfq.asked ? 0 : 1) }} />
          </span>
          <span class="numbers small soft">
            {rfq.quoted} of {rfq.asked}
          </span>
        </span>
        <span class="numbers took">{milliseconds(rfq.rfq_ms)}</span>
        <span class="ride small soft">{rfq.ride ? `ride ${rfq.ride}` : ""}</span>
      </a>
    </li>
  );
}

function Status({ rfq }: { rfq: Rfq }) {
  const kind = { "all-answered": "good", deadline: "warn", cancelled: "" }[rfq.completed_by];
  return <Badge kind={kind ?? ""}>{rfq.completed_by.replace("-", " ") || "over"}</Badge>;
}

function TimelineOf({ id }: { id: string }) {
  const { found, problem, look } = usePolled(() => api.timeline(id), 4000, id);
  const rfq = rfqs.value.find((each) => each.id === id);
  const [open, setOpen] = useState("");
  const steps = found?.steps ?? [];
  const whole = axis(steps);
  return (
    <section class="detail" aria-labelledby="timeline">
      <header class="head">
        <a class="button quiet small back" href={link("rfqs")}>
          ← All
        </a>
        <div>
          <h1 id="timeline">
            RFQ <code>{short(id)}</code>
          </h1>
          <p class="soft small id">{id}</p>
        </div>
        <button type="button" class="button quiet small" onClick={look}>
          Look again
        </button>
      </header>
      <Problem of={problem} />
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
      {found && steps.length === 0 && (
        <Empty title="No function has logged anything about it">
          What was sent just now may take a moment. What no rule lets through reaches nobody.
        </Empty>
      )}
      {steps.length > 0 && (
        <>
          <p class="legend small soft">
            {[...new Set(steps.map((step) => step.service))].map((service) => (
              <span key={service} class="legend">
                <i class={`swatch square ${service}`} /> {service}
              </span>
            ))}
            <i class="swatch wait" /> waited in a queue <i class="swatch took" /> took{" "}
            <span class="cold">cold</span> a worker had to start first
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
  const able = details.length > 0 || events.length > 0;
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
          <i class="service" aria-hidden="true" />
          {step.function.replace(`${step.service}-`, "")}
        </span>
        <span class="what">
          {what}
          {events.length > 0 && <span class="has">body</span>}
          {step.cold && <span class="cold">cold</span>}
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
