/** The partners' circuits with their windows, and their modes. */
import "./styles/circuits.css";
import { useEffect, useState } from "preact/hooks";
import { api, type Circuit } from "./api";
import { Badge, Problem, useAct, usePolled, Waiting, Wide } from "./parts";
import { standing } from "./standing";
import { dash, milliseconds, plural } from "./words";

const MODES = [
  ["AUTO", "Leave it to the breaker"],
  ["FORCED_OPEN", "Forced open: no call goes through"],
  ["DISABLED", "Disabled: all calls go through, nothing is measured"],
  ["METRICS_ONLY", "Metrics only: measures, never opens"],
] as const;
const STATE = { CLOSED: "good", HALF_OPEN: "warn", OPEN: "bad" };

export function CircuitsView({ local }: { local: boolean }) {
  const { found, problem, set } = usePolled(api.circuits, 1500);
  return (
    <section class="page" aria-labelledby="circuits">
      <header class="head">
        <h1 id="circuits">Circuits</h1>
      </header>
      <p class="soft lead">
        All workers of the functions that call a partner share one circuit. While it is open the partner is
        declined at once, so that nobody waits for it.
      </p>
      <Problem of={problem} />
      {!found && !problem && <Waiting />}
      <div class="circuits">
        {found?.circuits.map((circuit) => (
          <One key={circuit.id} circuit={circuit} local={local} onSet={set} />
        ))}
      </div>
    </section>
  );
}

function One({
  circuit,
  local,
  onSet,
}: {
  circuit: Circuit;
  local: boolean;
  onSet: (all: { circuits: Circuit[] }) => void;
}) {
  const state = circuit.mode === "FORCED_OPEN" ? "OPEN" : circuit.state;
  const size = circuit.settings;
  return (
    <article class="circuit" data-circuit={circuit.id} data-state={circuit.state} data-mode={circuit.mode}>
      <header>
        <h2>{circuit.name}</h2>
        <code class="soft small">{circuit.id}</code>
        <Badge kind={STATE[state]}>{circuit.state.toLowerCase().replace("_", " ")}</Badge>
        {circuit.mode !== "AUTO" && (
          <Badge kind="violet">{circuit.mode.toLowerCase().replace("_", " ")}</Badge>
        )}
      </header>
      <p class="small soft why">{standing(circuit, Date.now())}</p>
      <Window circuit={circuit} />
      <Wide label={`Calls to ${circuit.name}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">5 min</th>
              <th scope="col">calls</th>
              <th scope="col">failed</th>
              <th scope="col">
                <abbr title="calls that were not made">refused</abbr>
              </th>
              <th scope="col">p50</th>
              <th scope="col">p99</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(circuit.operations).map(([name, figures]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="numbers">{figures.calls}</td>
                <td class="numbers">
                  {figures["failure-rate"] === null ? dash : `${Math.round(figures["failure-rate"])} %`}
                </td>
                <td class="numbers">{figures.refused}</td>
                <td class="numbers">{milliseconds(figures["p50-ms"])}</td>
                <td class="numbers">{milliseconds(figures["p99-ms"])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      <p class="small soft">
        Opens when {size.consecutive_failures} calls in a row fail and a probe does, or when{" "}
        {size.failure_rate_threshold} % of {size.minimum_number_of_calls} calls or more within{" "}
        {size.sliding_window_size} s do. Slow is {size.slow_call_duration_threshold} s. Failed in a row now:{" "}
        {circuit.row}
        {circuit.poll && `; all windows together: ${circuit.poll}`}
        {circuit.probes > 0 && `; probes under way: ${circuit.probes}`}.
      </p>
      {local ? <Modes circuit={circuit} onSet={onSet} /> : null}
    </article>
  );
}

/** The last calls, one bar each: how long it took, and how it ended. */
function Window({ circuit }: { circuit: Circuit }) {
  const calls = circuit.calls.slice(-60);
  const tallest = Math.max(0, ...calls.map((call) => call.ms));
  const longest = Math.max(200, tallest);
  const failed = calls.filter((call) => call.failed).length;
  const refused = calls.filter((call) => !call.made).length;
  return (
    <figure class="window">
      <svg viewBox="0 0 300 56" preserveAspectRatio="none" role="img" aria-labelledby={`calls-${circuit.id}`}>
        <title id={`calls-${circuit.id}`}>
          {`The last ${calls.length} calls: ${failed} failed, ${refused} were not made`}
        </title>
        {calls.map((call, n) => {
          const h = call.made ? 6 + (48 * call.ms) / longest : 6;
          return (
            <rect
              key={`${call.at} ${call.operation}`}
              class={call.failed ? "failed" : call.made ? "made" : "refused"}
              x={300 - (calls.length - n) * 5}
              y={56 - h}
              width={4}
              height={h}
              rx={1}
            />
          );
        })}
      </svg>
      <figcaption class="small soft">
        {calls.length
          ? `last ${plural(calls.length, "call")}, the slowest took ${milliseconds(tallest)}`
          : "no calls in 5 minutes"}
      </figcaption>
    </figure>
  );
}

function Modes({ circuit, onSet }: { circuit: Circuit; onSet: (all: { circuits: Circuit[] }) => void }) {
  const [mode, setMode] = useState<string>(circuit.mode);
  const [reason, setReason] = useState("");
  const [lasts, setLasts] = useState("10m");
  const [run, problem, busy] = useAct();
  const back = mode === "AUTO";
  useEffect(() => setMode(circuit.mode), [circuit.mode]); // others set it, too, and orders end
  return (
    <form
      class="modes"
      onSubmit={(event) => {
        event.preventDefault();
        run(async () => {
          onSet(await api.setMode(circuit.id, mode, reason, back ? "" : lasts));
          setReason("");
        });
      }}
    >
      <label>
        <span>Mode</span>
        <select class="input" value={mode} onChange={(event) => setMode(event.currentTarget.value)}>
          {MODES.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Reason, which all see</span>
        <input
          class="input"
          required={!back}
          value={reason}
          placeholder={back ? "if there is one" : "maintenance"}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <label>
        <span>For</span>
        <input
          class="input"
          disabled={back}
          value={back ? "" : lasts}
          placeholder="until lifted"
          title="10m, 2h or 1d; empty: until somebody lifts it"
          onInput={(event) => setLasts(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button small" aria-disabled={busy}>
        Set
      </button>
      <Problem of={problem} />
    </form>
  );
}
