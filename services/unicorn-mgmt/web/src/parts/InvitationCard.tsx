import { useSignal } from "@preact/signals";
import { ApiError } from "@wild-rydes/web/api";
import { Countdown } from "@wild-rydes/web/components/Countdown";
import type { Point } from "@wild-rydes/web/seattle";
import { amount, proposal } from "../fare";
import { secondsTo } from "../geography";
import { explain } from "../problem";
import { words } from "../texts";
import type { Profile } from "../unicorn";
import { type Open, secondsLeft, type Work } from "../work";
import { Route } from "./Route";

const LONGEST_MINUTES = 600;
const SECONDS_OF_HASTE = 15;

interface Props {
  readonly open: Open;
  readonly profile: Profile;
  readonly at: Point | null;
  readonly work: Work;
}

/** Somebody asks: name a price, or decline. */
export function InvitationCard({ open, profile, at, work }: Props) {
  const t = words.value.inbox;
  const { invitation } = open;
  const { from, to } = invitation;
  const id = invitation["rfq-id"];
  const card = profile["rate-card"];
  const busy = useSignal(false);
  const problem = useSignal("");
  const wrong = useSignal<"price" | "minutes" | null>(null);
  const minutes = Math.max(1, Math.ceil(secondsTo(at ?? from, from) / 60));

  async function attempt(answer: () => Promise<void>) {
    busy.value = true;
    problem.value = "";
    try {
      await answer();
    } catch (error) {
      problem.value = explain(error);
      if (error instanceof ApiError && error.status === 400)
        wrong.value = error.fields.some(({ field }) => field.startsWith("price")) ? "price" : "minutes";
    } finally {
      busy.value = false;
    }
  }

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const price = amount(String(given.get("price")));
    const soon = Number(String(given.get("minutes")).trim());
    const isTime = Number.isInteger(soon) && soon >= 0 && soon <= LONGEST_MINUTES;
    wrong.value = price === null ? "price" : isTime ? null : "minutes";
    if (wrong.value) form.querySelector<HTMLElement>(`[name="${wrong.value}"]`)?.focus();
    if (price === null || !isTime) return;
    void attempt(() => work.quote(invitation, price, card.base.currency, soon * 60));
  }

  const field = (name: "price" | "minutes", label: string, value: string, error: string) => (
    <div class="field">
      <label for={`${name}-${id}`}>{label}</label>
      <input
        class="input numbers"
        id={`${name}-${id}`}
        name={name}
        inputMode={name === "price" ? "decimal" : "numeric"}
        autocomplete="off"
        defaultValue={value}
        aria-invalid={wrong.value === name}
        aria-describedby={wrong.value === name ? `${name}-${id}-error` : undefined}
      />
      {wrong.value === name && (
        <p class="field-error" id={`${name}-${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );

  return (
    <li class="card invitation">
      <form onSubmit={submit} noValidate aria-busy={busy.value}>
        <div class="row start">
          <Route from={from} to={to} at={at} />
          <Countdown
            left={secondsLeft(invitation)}
            whole={(Date.parse(invitation.deadline) - open.since) / 1000}
            label={t.left}
            haste={SECONDS_OF_HASTE}
          />
        </div>
        <div class="answer">
          {field("price", `${t.price} (${card.base.currency})`, proposal(card, from, to), t.badPrice)}
          {field("minutes", t.arrival, String(minutes), t.badMinutes)}
          <div class="actions">
            <button type="submit" class="button" disabled={busy.value}>
              {busy.value ? t.sending : t.quote}
            </button>
            <button
              type="button"
              class="button quiet"
              disabled={busy.value}
              onClick={() => void attempt(() => work.decline(invitation))}
            >
              {t.decline}
            </button>
          </div>
        </div>
        {problem.value && (
          <p class="notice bad" role="alert">
            {problem.value}
          </p>
        )}
      </form>
    </li>
  );
}
