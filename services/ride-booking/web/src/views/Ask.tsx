import { useSignal, useSignalEffect } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { ApiError, idempotencyKey } from "@wild-rydes/web/api";
import { Icon } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import { duration, kilometres, minutes } from "@wild-rydes/web/language";
import { setClock } from "@wild-rydes/web/now";
import { go } from "@wild-rydes/web/route";
import { kilometresBetween } from "@wild-rydes/web/seattle";
import { SessionOver } from "@wild-rydes/web/session";
import { useEffect, useRef } from "preact/hooks";
import { useAround } from "../around";
import { attempt, draft, showDraft, WAITS, wait } from "../draft";
import type { components } from "../generated/api";
import type { End } from "../map/SeattleMap";
import { IDEAS, knownAs, type Place } from "../places";
import { REQUESTS, remember } from "../request";
import { text } from "../texts";
import { ErrorNotice, explainField } from "./faces";
import { PlaceField } from "./PlaceField";

type Accepted = components["schemas"]["Accepted"];

/** Where from, where to, and how long to wait. */
export function Ask() {
  const t = text.value.ask;
  const { api } = useAround();
  const busy = useSignal(false);
  const tried = useSignal(false);
  const problem = useSignal<ApiError | null>(null);
  const form = useRef<HTMLFormElement>(null);

  useEffect(showDraft, []);

  const [from, to] = [draft.from.value, draft.to.value];
  const same = from !== null && to !== null && kilometresBetween(from, to) < 0.05;

  function missing(end: End): string | null {
    const field = problem.value?.fields.find(({ field }) => field === end || field.startsWith(`${end}.`));
    if (field) return explainField(field);
    if (!tried.value) return null;
    if (draft[end].value === null) return t.missing[end];
    return end === "to" && same ? t.missing.same : null;
  }

  async function submit(event?: SubmitEvent) {
    event?.preventDefault();
    tried.value = true;
    problem.value = null;
    if (!from || !to || same) {
      const wrong = from ? "to" : "from";
      form.current?.querySelector<HTMLInputElement>(`#place-${wrong}`)?.focus();
      return;
    }
    await send(from, to);
  }

  async function send(from: Place, to: Place) {
    const body = { from, to, "respond-within": wait.peek() };
    const words = JSON.stringify(body);
    const over = Date.now() > attempt.peek().at + body["respond-within"] * 1000;
    if (over || attempt.peek().words !== words)
      attempt.value = { words, key: idempotencyKey(), at: Date.now() };
    busy.value = true;
    try {
      const { body: accepted } = await api.post<Accepted>(REQUESTS, body, attempt.peek().key);
      attempt.value = { words: "", key: "", at: 0 };
      const created = Date.parse(accepted.eta) - body["respond-within"] * 1000;
      setClock(created);
      remember(accepted.id, { from, to, createdAt: new Date(created).toISOString() });
      go(`requests/${accepted.id}`);
    } catch (error) {
      if (error instanceof SessionOver) return;
      if (!(error instanceof ApiError)) throw error;
      problem.value = error;
    } finally {
      busy.value = false;
    }
  }

  const wasOnline = useRef(online.peek());
  useSignalEffect(() => {
    const isBack = online.value && !wasOnline.current;
    wasOnline.current = online.value;
    if (isBack && problem.peek()?.status === 0) void submit();
  });

  /** What was wrong with other words need not be wrong with these, and these wait for nothing. */
  useEffect(() => {
    problem.value = null;
  }, [from, to, wait.value]);

  function swap() {
    const before = draft.from.value;
    draft.from.value = draft.to.value;
    draft.to.value = before;
    announce(`${t.setFrom(draft.from.value?.label ?? "–")}. ${t.setTo(draft.to.value?.label ?? "–")}`);
  }

  return (
    <form class="ask" ref={form} noValidate onSubmit={(event) => void submit(event)} aria-busy={busy.value}>
      <header class="view-head">
        <h1 tabIndex={-1}>{t.title}</h1>
        <p class="soft">{t.hint}</p>
      </header>
      <div class="ends">
        <PlaceField end="from" label={t.from} error={missing("from")} />
        <PlaceField end="to" label={t.to} error={missing("to")} />
        <button type="button" class="button quiet icon swap" aria-label={t.swap} onClick={swap}>
          <Icon name="swap" size={18} />
        </button>
      </div>
      {from && to && !same && (
        <p class="soft small distance">{t.asTheCrowFlies(kilometres(kilometresBetween(from, to)))}</p>
      )}
      <fieldset class="field">
        <legend class="label">{t.wait}</legend>
        <div class="segments">
          {WAITS.map((seconds) => (
            <label key={seconds} class="segment">
              <input
                type="radio"
                name="wait"
                value={seconds}
                checked={wait.value === seconds}
                onChange={() => {
                  wait.value = seconds;
                }}
              />
              <span>{seconds < 60 ? duration(seconds) : minutes(seconds / 60)}</span>
            </label>
          ))}
        </div>
        <p class="soft small">{t.waitWhy}</p>
      </fieldset>
      {problem.value?.status === 0 && !online.value ? (
        <Unsent
          withdraw={() => {
            problem.value = null;
          }}
        />
      ) : (
        problem.value && <ErrorNotice error={problem.value} retry={() => void submit()} />
      )}
      <button class="button wide" type="submit" disabled={busy.value}>
        {busy.value ? t.submitting : t.submit}
        {!busy.value && <Icon name="arrow" />}
      </button>
      {!from && !to && <Ideas />}
    </form>
  );
}

/** What was asked for without a network. */
function Unsent({ withdraw }: { withdraw: () => void }) {
  const t = text.value.ask;
  return (
    <div class="notice warn" role="alert">
      <Icon name="off" />
      <div class="notice-body">
        <p>{t.unsent}</p>
        <button type="button" class="button quiet small" onClick={withdraw}>
          {t.withdraw}
        </button>
      </div>
    </div>
  );
}

/** Rides by one click. */
function Ideas() {
  const t = text.value;
  return (
    <section class="ideas" aria-labelledby="ideas-title">
      <h2 class="label" id="ideas-title">
        {t.ask.ideas}
      </h2>
      <ul>
        {IDEAS.map(([from, to]) => (
          <li key={from}>
            <button
              type="button"
              class="idea small"
              onClick={() => {
                draft.from.value = knownAs(from);
                draft.to.value = knownAs(to);
              }}
            >
              <span>{from}</span>
              <Icon name="arrow" size={16} />
              <span class="visually-hidden">{t.past.to}</span>
              <span>{to}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
