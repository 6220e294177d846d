/** The replay of dead letters. */
import "./styles/replay.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type DeadLetter, type Outcome, type Plan } from "./api";
import { Commands } from "./commands";
import { Problem, useAct, Waiting } from "./parts";
import { plural } from "./words";

interface ReplayProps {
  queue: string;
  letters: DeadLetter[];
  /** It is closed, after something was replayed or not. */
  onEnd: (replayed: boolean) => void;
}

/** A dialog in two steps: what would happen, and then what has. */
export function Replay({ queue, letters, onEnd }: ReplayProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [run, problem, busy] = useAct();
  useEffect(() => {
    dialog.current?.showModal();
    const ids = letters.map((letter) => letter.id);
    run(async () => setPlan(await api.plan(queue, ids)));
  }, []);
  const going = plan?.messages.filter((message) => message.to) ?? [];
  const none = plan !== null && going.length === 0;
  const commands = (id: string) => letters.find((letter) => letter.id === id)?.commands ?? [];
  return (
    <dialog ref={dialog} onClose={() => onEnd(outcome !== null)} aria-labelledby="replay">
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
                {message.to ? (
                  <span>→ {message.to}</span>
                ) : (
                  <>
                    <span class="stays">stays: {message.stays}</span>
                    <details open={plan.messages.length === 1}>
                      <summary>What to do</summary>
                      <Commands of={commands(message.id)} />
                    </details>
                  </>
                )}
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
            disabled={none}
            aria-disabled={busy}
            onClick={() => run(async () => setOutcome(await api.carryOut(plan.plan)))}
          >
            {none ? "Nothing to replay" : `Replay ${plural(going.length, "message")}`}
          </button>
        )}
      </footer>
    </dialog>
  );
}
