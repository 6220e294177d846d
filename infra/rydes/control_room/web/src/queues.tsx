/** All queues with their depths, and dead letters with their reasons and their way back. */
import "./styles/queues.css";
import { useState } from "preact/hooks";
import { api, type DeadLetter } from "./api";
import { Commands } from "./commands";
import { deadLetters, depths } from "./live";
import { Badge, Empty, Json, Problem, usePolled, Waiting } from "./parts";
import { Replay } from "./replay";
import { link, route } from "./route";
import { age, plural, short } from "./words";

const EVERY = 4000;

export function QueuesView() {
  const only = route.value.what;
  const { found, problem, look } = usePolled(api.deadLetters, EVERY, String(deadLetters.value));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [planned, setPlanned] = useState<{ queue: string; letters: DeadLetter[] } | null>(null);
  const letters = (found?.messages ?? []).filter((letter) => !only || letter.source === only);
  const picked = letters.filter((letter) => chosen.has(letter.id));
  const queues = [...new Set(picked.map((letter) => letter.queue))];
  const queue = queues.length === 1 ? queues[0] : undefined;
  const unseen = Object.values(found?.unseen ?? {}).reduce((a, b) => a + b, 0);
  const known = Object.keys(depths.value);
  const unknown =
    only !== "" && known.length > 0 && !known.some((name) => [only, `${only}-dlq`].includes(name));

  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };

  return (
    <div class="split both">
      <section class="list" aria-labelledby="queues">
        <header class="head">
          <h1 id="queues">Queues</h1>
        </header>
        <Depths only={only} />
      </section>
      <section class="detail" aria-labelledby="letters">
        <header class="head">
          <h1 id="letters">
            Dead letters
            {only && (
              <>
                {" "}
                of <code>{only}</code>
              </>
            )}
          </h1>
          {only && (
            <a class="button quiet small" href={link("queues")}>
              Of all queues
            </a>
          )}
          <button
            type="button"
            class="button small"
            aria-disabled={queue === undefined}
            aria-describedby="which"
            onClick={() => queue !== undefined && setPlanned({ queue, letters: picked })}
          >
            Replay {picked.length > 0 ? picked.length : ""} …
          </button>
        </header>
        <p id="which" class="soft small which">
          {queues.length > 1 && "One replay is of one queue. Choose messages of the same queue. "}
          {queue !== undefined && `${picked.length} of ${queue}. `}
          {queues.length === 0 && letters.length > 0 && "Choose messages of one queue to replay them. "}
          {unseen > 0 &&
            `${plural(unseen, "more message is", "more messages are")} looked at by others just now.`}
        </p>
        <Problem of={problem} />
        {!found && !problem && <Waiting />}
        {unknown && (
          <Empty title={`There is no queue ${only}`}>
            Choose one of the list, or look at <a href={link("queues")}>all dead letters</a>.
          </Empty>
        )}
        {found && !unknown && letters.length === 0 && (
          <Empty title="No dead letters">
            What cannot be handled leaves its queue with the reason, and waits here. The{" "}
            <a href={link("faults")}>fault panel</a> can make some.
          </Empty>
        )}
        <ul class="letters">
          {letters.map((letter) => (
            <Letter
              key={letter.id}
              letter={letter}
              chosen={chosen.has(letter.id)}
              onToggle={() => toggle(letter.id)}
            />
          ))}
        </ul>
      </section>
      {planned && (
        <Replay
          {...planned}
          onEnd={(replayed) => {
            setPlanned(null);
            if (replayed) setChosen(new Set());
            look();
          }}
        />
      )}
    </div>
  );
}

function Depths({ only }: { only: string }) {
  const all = depths.value;
  const names = Object.keys(all)
    .filter((name) => !/-(dlq|parking)$/.test(name))
    .sort();
  const alone = Object.keys(all)
    .filter((name) => name.endsWith("-dlq") && !names.includes(name.replace(/-dlq$/, "")))
    .map((name) => name.replace(/-dlq$/, ""));
  const sum = (name: string) => (all[name] ?? [0, 0, 0]).reduce((a, b) => a + b, 0);
  if (!names.length) return <Waiting />;
  return (
    <table class="depths">
      <thead>
        <tr>
          <th scope="col">queue</th>
          <th scope="col">waiting</th>
          <th scope="col">
            <abbr title="being handled">busy</abbr>
          </th>
          <th scope="col">
            <abbr title="delayed">later</abbr>
          </th>
          <th scope="col">
            <abbr title="dead letters, which the replay sends back">dead</abbr>
          </th>
          <th scope="col">
            <abbr title="parked for a person">parked</abbr>
          </th>
        </tr>
      </thead>
      <tbody>
        {[...names, ...alone].map((name) => {
          const depth = all[name];
          const dead = sum(`${name}-dlq`);
          const parked = sum(`${name}-parking`);
          return (
            <tr key={name} class={name === only ? "chosen" : ""}>
              <th scope="row">
                <a href={link("queues", name)} aria-current={name === only ? "true" : undefined}>
                  {name}
                </a>
              </th>
              <Count value={depth?.[0]} />
              <Count value={depth?.[1]} />
              <Count value={depth?.[2]} />
              <Count value={dead} bad />
              <Count value={parked} bad />
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Count({ value, bad }: { value?: number | undefined; bad?: boolean }) {
  return <td class={`numbers ${!value ? "none" : bad ? "bad" : "some"}`}>{value ?? ""}</td>;
}

function Letter({ letter, chosen, onToggle }: { letter: DeadLetter; chosen: boolean; onToggle: () => void }) {
  return (
    <li class={`letter ${chosen ? "chosen" : ""}`}>
      <label class="pick">
        <input type="checkbox" checked={chosen} onChange={onToggle} />
        <span class="visually-hidden">
          Choose {letter.type || "message"} {letter.id.slice(0, 8)}
        </span>
      </label>
      <div>
        <p class="title">
          <strong>{letter.type || "Unknown message"}</strong>
          {letter.error && <Badge kind="bad">{letter.error}</Badge>}
          {letter.queue.endsWith("-parking") && <Badge kind="warn">parked</Badge>}
          <span class="soft small">{age(letter.age_seconds)} ago</span>
        </p>
        <p class="reason">{letter.reason}</p>
        {letter.problems && letter.problems.length > 0 && (
          <ul class="problems">
            {letter.problems.map((problem) => (
              <li key={problem.path}>
                <code>{problem.path || "message"}</code> {problem.expected}
              </li>
            ))}
          </ul>
        )}
        {letter.problems?.length === 0 && <p class="small">By now it is valid: a replay may help.</p>}
        <p class="soft small">
          in <code>{letter.queue}</code>
          {letter.attempts ? ` · ${plural(letter.attempts, "try", "tries")}` : ""}
          {letter.replays ? ` · ${plural(letter.replays, "replay")}` : ""} · way back: {letter.way_back}
          {letter.correlation_id && (
            <>
              {" · "}
              <a href={link("rfqs", letter.correlation_id)}>{short(letter.correlation_id)}</a>
            </>
          )}
        </p>
        <details>
          <summary>What to do</summary>
          <Commands of={letter.commands} />
        </details>
        <details>
          <summary>Body</summary>
          <Json of={letter.body} label={`Body of ${letter.id}`} />
        </details>
      </div>
    </li>
  );
}
