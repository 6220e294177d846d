/** The newest RFQs. */
import "./styles/rfqs.css";
import { useState } from "preact/hooks";
import type { Rfq } from "./api";
import { rfqs } from "./live";
import { Badge, Empty } from "./parts";
import { go, link, route } from "./route";
import { TimelineOf } from "./timeline";
import { clock, dash, milliseconds, short } from "./words";

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
                placeholder="Id, or its end"
                aria-label="Id of an RFQ, a ride or an event, or the end of one"
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
          <>
            <p class="row rfq columns" aria-hidden="true">
              <span>began</span>
              <span>id</span>
              <span>ended by</span>
              <span class="tally">quotes</span>
              <span class="figure first">first quote</span>
              <span class="figure">complete</span>
              <span class="ride">ride</span>
            </p>
            <ol class="rows">
              {rfqs.value.map((rfq) => (
                <Row key={rfq.id} rfq={rfq} chosen={rfq.id === chosen} />
              ))}
            </ol>
          </>
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
          <span class="answers" aria-hidden="true">
            <i class="good" style={{ flexGrow: rfq.quoted }} />
            <i class="warn" style={{ flexGrow: rfq.declined }} />
            <i class="none" style={{ flexGrow: silent || (rfq.asked ? 0 : 1) }} />
          </span>
          <span class="share">{rfq.asked ? `${rfq.quoted} of ${rfq.asked}` : dash}</span>
        </span>
        <span class="figure first">
          <span class="visually-hidden">first quote after </span>
          {milliseconds(rfq.first_quote_ms)}
        </span>
        <span class="figure">
          <span class="visually-hidden">complete after </span>
          {milliseconds(rfq.rfq_ms)}
        </span>
        <span class="ride soft">
          {rfq.ride && <span class="visually-hidden">ride </span>}
          {rfq.ride}
        </span>
      </a>
    </li>
  );
}

function Status({ rfq }: { rfq: Rfq }) {
  if (!rfq.asked) return <Badge>nobody to ask</Badge>;
  const kind = { "all-answered": "good", deadline: "warn", cancelled: "" }[rfq.completed_by];
  return <Badge kind={kind ?? ""}>{rfq.completed_by.replace("-", " ") || "over"}</Badge>;
}
