/** The fault panel of a local cloud. */
import "./styles/faults.css";
import { useState } from "preact/hooks";
import { api, type Faults } from "./api";
import { Deeds, useDeeds } from "./deeds";
import { Badge, Problem, usePolled, Waiting } from "./parts";
import { link } from "./route";
import { age, plural } from "./words";

const RIDES = 5;
const SHARES = [0, 0.25, 0.5, 0.9];

export function FaultsView() {
  const { found, problem, set, look } = usePolled(api.faults, 3000);
  const [deeds, run] = useDeeds();
  const [queue, setQueue] = useState("");
  const change = (act: () => Promise<Faults>, said: string) =>
    run(async () => {
      set(await act());
      return said;
    });
  return (
    <section class="page" aria-labelledby="faults">
      <header class="head">
        <h1 id="faults">Faults</h1>
        <button
          type="button"
          class="button small"
          onClick={() =>
            run(async () => `${(await api.askForRides(RIDES)).rfqs.length} customers have asked for a ride.`)
          }
        >
          Ask for {RIDES} rides
        </button>
      </header>
      <p class="soft lead">
        Break something, ask for rides, and watch the system hold in the <a href={link("live")}>picture</a>.
        An outage and a throttled table mend themselves after ten minutes; a partner that is slow or talks
        nonsense is mended here.
      </p>
      {!found && <Problem of={problem} />}
      {!found && !problem && <Waiting />}
      {found && (
        <div class="faults">
          <article>
            <h2>Partners</h2>
            <p class="soft small">
              A partner that fails opens its circuit; RFQs complete without it. See{" "}
              <a href={link("circuits")}>circuits</a>.
            </p>
            {found.partners.map((partner) => (
              <fieldset key={partner.id} class="fault">
                <legend>
                  {partner.name} {partner.fault !== "well" && <Badge kind="bad">{partner.fault}</Badge>}
                </legend>
                <div class="segments">
                  {found.misdeeds.map((fault) => (
                    <button
                      key={fault}
                      type="button"
                      aria-pressed={partner.fault === fault}
                      onClick={() =>
                        change(() => api.breakPartner(partner.id, fault), `${partner.name}: ${fault}.`)
                      }
                    >
                      {fault}
                    </button>
                  ))}
                </div>
              </fieldset>
            ))}
          </article>
          <article>
            <h2>Tables</h2>
            <p class="soft small">
              A table that throttles delays what is written; nothing is lost. The emulator refuses this share
              of the functions' calls, as DynamoDB does.
            </p>
            {found.tables.map((table) => (
              <fieldset key={table.name} class="fault">
                <legend>
                  {table.name}{" "}
                  {table.throttle && (
                    <Badge kind="bad">
                      {Math.round(table.throttle.share * 100)} % throttled,{" "}
                      {age(table.throttle.until - Date.now() / 1000)} left
                    </Badge>
                  )}
                </legend>
                <div class="segments">
                  {SHARES.map((share) => (
                    <button
                      key={share}
                      type="button"
                      aria-pressed={(table.throttle?.share ?? 0) === share}
                      onClick={() =>
                        change(
                          () => api.throttle(table.name, share),
                          `The table ${table.name}: ${share ? `${share * 100} % throttled` : "well"}.`,
                        )
                      }
                    >
                      {share ? `${share * 100} %` : "well"}
                    </button>
                  ))}
                </div>
              </fieldset>
            ))}
          </article>
          <article>
            <h2>Dead letters</h2>
            <p class="soft small">
              A message that nobody can read leaves its queue with the reason, and stops nothing. No replay
              helps it: <a href={link("queues")}>dead letters</a> say what does.
            </p>
            <form
              class="poison"
              onSubmit={(event) => {
                event.preventDefault();
                const name = queue || (found.queues[0] ?? "");
                run(async () => {
                  await api.poison(name);
                  return `A message that nobody can read is on its way to ${name}.`;
                });
              }}
            >
              <select
                class="input"
                aria-label="Queue"
                value={queue || found.queues[0]}
                onChange={(event) => setQueue(event.currentTarget.value)}
              >
                {found.queues.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
              <button type="submit" class="button small danger">
                Send
              </button>
            </form>
            <p class="soft small">
              A valid event that waits for a person, as after an outage that is over: a replay gets it
              handled.
            </p>
            <button
              type="button"
              class="button small quiet"
              onClick={() =>
                run(async () => {
                  const { type, queue: where } = await api.park();
                  return `A valid ${type} is in ${where}. Replay it in the queues.`;
                })
              }
            >
              Park a valid event
            </button>
          </article>
          <article>
            <h2>Workers</h2>
            <p class="soft small">
              A worker that is killed loses nothing. What it had in hand by a queue is hidden until the
              queue's visibility timeout is over, and comes again then; a batch of a table's stream comes
              again at once; a caller of an API gets an error. The next invocation starts another worker.
            </p>
            <p class="soft small">
              Kill many, and all start cold together on this one machine. Whatever does not start within its
              function's time-out waits for the visibility timeout once more, so first quotes may take a
              minute. AWS starts each on a machine of its own.
            </p>
            <ul class="workers">
              {found.workers.map(({ name, count, again_after }) => (
                <li key={name}>
                  <code>{name}</code>
                  <span class={count ? "" : "soft"}>{plural(count, "worker")}</span>
                  <span class="soft again">{again_after ? `again after ${again_after} s` : ""}</span>
                  <button
                    type="button"
                    class="button tiny danger"
                    aria-label={`Kill the workers of ${name}`}
                    onClick={() =>
                      run(async () => {
                        const { killed } = await api.kill(name);
                        await look();
                        return `${plural(killed, "worker")} of ${name} killed.`;
                      })
                    }
                  >
                    Kill
                  </button>
                </li>
              ))}
            </ul>
          </article>
        </div>
      )}
      <Deeds of={deeds} />
    </section>
  );
}
