/** The replay of dead letters. */
import "./styles/replay.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Outcome, type Plan } from "./api";
import { Problem, useAct, Waiting } from "./parts";
import { plural } from "./words";

/** A dialog in two steps: what would happen, and then what has. */
export function Replay({ queue, ids, onEnd }: { queue: string; ids: string[]; onEnd: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [run, problem, busy] = useAct();
  useEffect(() => {
    dialog.current?.showModal();
    run(async () => setPlan(await api.plan(queue, ids)));
  }, []);
  const going = plan?.messages.filter((message) => message.to) ?? [];
  return (
    <dialog ref={dialog} onClose={onEnd} aria-labelledby="replay">
      <h2 id="replay">{outcome ? "Replayed" : "Replay: a dry run"}</h2>
      <Problem of={problem} />
      {!plan && !problem && <Waiting />}
      {plan && !outcome && (
        <>
          <p class="soft">
            {going.length} of {plan.messages.length} would go back. Nothing has moved yet.
          </p>
          <ul class="forecast">
            {plan.messages.map((message) => (
              <li key={message.id}>
                <code>{message.id.slice(0, 8)}</code>
                {message.to ? <span>→ {message.to}</span> : <span class="stays">stays: {message.stays}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {outcome && (
        <>
          <p>
            {plural(Object.keys(outcome.moved).length, "message")} went back,{" "}
            {Object.keys(outcome.stayed).length} stayed.
          </p>
          <ul class="forecast">
            {Object.entries(outcome.stayed).map(([id, why]) => (
              <li key={id}>
                <code>{id.slice(0, 8)}</code> <span class="stays">{why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <footer>
        <button type="button" class="button quiet small" onClick={() => dialog.current?.close()}>
          {outcome ? "Close" : "Cancel"}
        </button>
        {plan && !outcome && (
          <button
            type="button"
            class="button small"
            disabled={busy || going.length === 0}
            onClick={() => run(async () => setOutcome(await api.carryOut(plan.plan)))}
          >
            Replay {plural(going.length, "message")}
          </button>
        )}
      </footer>
    </dialog>
  );
}
