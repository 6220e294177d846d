/** The event catalogue. */
import "./styles/events.css";
import { useState } from "preact/hooks";
import { api, type CatalogueEntry } from "./api";
import { Badge, Empty, Json, Problem, useAct, usePolled, Waiting, Wide } from "./parts";
import { link, route } from "./route";
import { short } from "./words";

export function EventsView({ local }: { local: boolean }) {
  const { found, problem } = usePolled(api.events, 0);
  const [filter, setFilter] = useState("");
  const all = found?.events ?? [];
  const { what } = route.value;
  const entry = all.find((each) => each.id === what);
  const listed = all.filter((each) =>
    `${each.id} ${each.summary} ${each.producers}`.toLowerCase().includes(filter.toLowerCase()),
  );
  const sources = [...new Set(listed.map((each) => each.source ?? "To return addresses"))];
  return (
    <div class={`split ${what ? "chosen" : ""}`}>
      <section class="list" aria-labelledby="events">
        <header class="head">
          <h1 id="events">Events</h1>
          <input
            class="input"
            type="search"
            placeholder="Filter"
            aria-label="Filter"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </header>
        <Problem of={problem} />
        {!found && !problem && <Waiting />}
        {sources.map((source) => (
          <section key={source} class="group">
            <h2>{source}</h2>
            <ul class="rows">
              {listed
                .filter((each) => (each.source ?? "To return addresses") === source)
                .map((each) => (
                  <li key={each.id}>
                    <a
                      class="row event"
                      href={link("events", each.id)}
                      aria-current={each.id === entry?.id ? "true" : undefined}
                    >
                      <strong>{each.id}</strong>
                      <span class="soft small">{each.summary.replace(/`/g, "")}</span>
                    </a>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </section>
      {entry && <Entry key={entry.id} entry={entry} local={local} />}
      {found && what && !entry && (
        <section class="detail">
          <Empty title={`There is no event ${what}`}>
            Choose one of <a href={link("events")}>all events</a>.
          </Empty>
        </section>
      )}
    </div>
  );
}

function Entry({ entry, local }: { entry: CatalogueEntry; local: boolean }) {
  const [shown, setShown] = useState<"fields" | "schema" | "example">("fields");
  const [sent, setSent] = useState("");
  const [run, problem, busy] = useAct();
  return (
    <section class="detail" aria-labelledby="event">
      <header class="head">
        <a class="button quiet small back" href={link("events")}>
          ← All
        </a>
        <div>
          <h1 id="event">
            {entry.name} <Badge>version {entry.version}</Badge>
          </h1>
          <p class="soft">{entry.summary.replace(/`/g, "")}</p>
        </div>
        {local && entry.source && (
          <button
            type="button"
            class="button small"
            aria-disabled={busy}
            onClick={() => run(async () => setSent((await api.sendExample(entry.id)).correlation_id))}
          >
            Send an example
          </button>
        )}
      </header>
      <Problem of={problem} />
      {sent && (
        <p class="notice good" role="status">
          <span>
            Sent. See what comes of it: <a href={link("rfqs", sent)}>{short(sent)}</a>
          </span>
        </p>
      )}
      <div class="flow">
        <ul>
          {entry.producers.map((producer) => (
            <li key={producer}>{producer}</li>
          ))}
        </ul>
        <span class="arrow" aria-hidden="true">
          →
        </span>
        <span class="visually-hidden">is heard by</span>
        <ul>
          {entry.consumers.map((consumer) => (
            <li key={`${consumer.rule}`}>
              {consumer.service}
              <span class="soft small">
                {consumer.queue} → {consumer.function}
              </span>
            </li>
          ))}
          {!entry.consumers.length && (
            <li class="soft">{entry.source ? entry.unheard || "nobody here" : "whoever has asked"}</li>
          )}
        </ul>
      </div>
      <p class="small soft">
        {entry.useful_life && `Rules try to deliver it for ${entry.useful_life}. `}
        {entry.answered_with && `It is answered with ${entry.answered_with}. `}
        {entry.details.replace(/`/g, "")}
      </p>
      <div class="tabs" role="tablist" aria-label="What to show">
        {(["fields", "schema", "example"] as const).map((tab) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`tab-${tab}`}
            aria-selected={shown === tab}
            aria-controls="shown"
            onClick={() => setShown(tab)}
          >
            {tab}
          </button>
        ))}
      </div>
      <div id="shown" role="tabpanel" aria-labelledby={`tab-${shown}`}>
        {shown === "fields" && (
          <Wide label="Fields">
            <table class="fields">
              <thead>
                <tr>
                  <th scope="col">field</th>
                  <th scope="col">type</th>
                  <th scope="col">meaning</th>
                </tr>
              </thead>
              <tbody>
                {entry.fields.map((field) => (
                  <tr key={`${field.name} ${field.meaning}`}>
                    <th scope="row">
                      <code>{field.name}</code>
                      {!field.required && <span class="soft small"> optional</span>}
                    </th>
                    <td>
                      {field.type}
                      {field.bounds && <span class="soft small"> {field.bounds.replace(/`/g, "")}</span>}
                    </td>
                    <td>{field.meaning.replace(/`/g, "")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Wide>
        )}
        {shown === "schema" && <Json of={entry.schema} label="JSON Schema" />}
        {shown === "example" && <Json of={entry.example} label="Example" />}
      </div>
    </section>
  );
}
