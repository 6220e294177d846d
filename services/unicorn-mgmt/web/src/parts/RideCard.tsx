import { useSignal } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { Icon } from "@wild-rydes/web/components/icons";
import { money } from "@wild-rydes/web/language";
import { useEffect, useRef } from "preact/hooks";
import { explain } from "../problem";
import { words } from "../texts";
import type { Ride, Work } from "../work";
import { Route } from "./Route";

/** The ride of the moment: to be made, then completed; or to be given up. */
export function RideCard({ ride, work }: { ride: Ride; work: Work }) {
  const t = words.value.ride;
  const won = work.invitationOf(ride);
  const busy = useSignal(false);
  const problem = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  const question = useRef<HTMLDialogElement>(null);

  useEffect(() => heading.current?.focus(), []);

  async function attempt(end: () => Promise<void>, said: string) {
    busy.value = true;
    problem.value = "";
    try {
      await end();
      announce(said);
    } catch (error) {
      problem.value = explain(error);
    } finally {
      busy.value = false;
    }
  }

  return (
    <section class="card ride" aria-labelledby="ride">
      <div class="row">
        <h2 id="ride" ref={heading} tabIndex={-1}>
          <Icon name="star" /> {won ? t.won : t.title}
        </h2>
        {won?.price && <span class="fare numbers">{money(won.price.amount, won.price.currency)}</span>}
      </div>
      {won ? <Route from={won.invitation.from} to={won.invitation.to} /> : <p>{t.unknown}</p>}
      {problem.value && (
        <p class="notice bad" role="alert">
          {problem.value}
        </p>
      )}
      <div class="actions">
        <button
          type="button"
          class="button"
          disabled={busy.value}
          onClick={() => void attempt(() => work.complete(ride), t.done)}
        >
          <Icon name="check" />
          {busy.value ? t.completing : t.complete}
        </button>
        <button
          type="button"
          class="button quiet"
          disabled={busy.value}
          onClick={() => question.current?.showModal()}
        >
          {t.giveUp}
        </button>
      </div>
      <dialog ref={question} class="card" aria-labelledby="sure">
        <form method="dialog" class="stack">
          <h2 id="sure">{t.sure}</h2>
          <p class="soft">{t.sureWhy}</p>
          <div class="actions">
            <button type="submit" class="button">
              {t.no}
            </button>
            <button
              type="submit"
              class="button danger"
              onClick={() => void attempt(() => work.giveUp(ride), t.givenUp)}
            >
              {t.yes}
            </button>
          </div>
        </form>
      </dialog>
    </section>
  );
}
