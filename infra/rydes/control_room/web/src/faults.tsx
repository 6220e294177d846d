/** The fault panel of a local cloud. */
import "./styles/faults.css";
import { useState } from "preact/hooks";
import { api, type Faults } from "./api";
import { Badge, Problem, useAct, usePolled, Waiting } from "./parts";
import { link } from "./route";
import { age, plural } from "./words";

const RIDES = 5;
const SHARES = [0, 0.25, 0.5, 0.9];

export function FaultsView() {
  const { found, problem, set, look } = usePolled(api.faults, 3000);
  const [run, refused, busy] = useAct();
  const [said, setSaid] = useState("");
  const [queue, setQueue] = useState("");
  const change = (act: () => Promise<Faults>) => run(async () => set(await act()));
  return (
    <section class="page" aria-labelledby="faults">
      <header class="head">
        <h1 id="faults">Faults</h1>
        <button
          type="button"
          class="button small"
          disabled={busy}
          onClick={() =>
            run(async () => {
              const { rfqs } = await api.askForRides(RIDES);
              setSaid(`${rfqs.length} customers have asked for a ride.`);
            })
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
      <Problem of={problem ?? refused} />
      <p class="status" role="status">
        {said}
      </p>
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
                      onClick={() => change(() => api.breakPartner(partner.id, fault))}
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
                      {Math.round(table.throttle.share * 100)} % throttled, for another{" "}
                      {age(table.throttle.until - Date.now() / 1000)}
                    </Badge>
                  )}
                </legend>
                <div class="segments">
                  {SHARES.map((share) => (
                    <button
                      key={share}
                      type="button"
                      aria-pressed={(table.throttle?.share ?? 0) === share}
                      onClick={() => change(() => api.throttle(table.name, share))}
                    >
                      {share ? `${share * 100} %` : "well"}
                    </button>
                  ))}
                </div>
              </fieldset>
            ))}
          </article>
          <article>
            <h2>Poison</h2>
            <p class="soft small">
              A message that nobody can read leaves its queue with the reason, and stops nothing. See{" "}
              <a href={link("queues")}>dead letters</a>.
            </p>
            <form
              class="poison"
              onSubmit={(event) => {
                event.preventDefault();
                const name = queue || (found.queues[0] ?? "");
                run(async () => {
                  await api.poison(name);
                  setSaid(`A message that nobody can read is on its way to ${name}.`);
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
                  <span class="soft">{plural(count, "worker")}</span>
                  <span class="soft again">{again_after ? `again after ${again_after} s` : ""}</span>
                  <button
                    type="button"
                    class="button tiny danger"
                    aria-label={`Kill the workers of ${name}`}
                    onClick={() =>
                      run(async () => {
                        const { killed } = await api.kill(name);
                        setSaid(`${plural(killed, "worker")} of ${name} killed.`);
                        await look();
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
    </section>
  );
}
