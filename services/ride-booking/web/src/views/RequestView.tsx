import { useSignal, useSignalEffect } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { ApiError } from "@wild-rydes/web/api";
import { Icon } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import { secondsUntil } from "@wild-rydes/web/now";
import { go } from "@wild-rydes/web/route";
import { SessionOver } from "@wild-rydes/web/session";
import { useEffect, useMemo } from "preact/hooks";
import { useAround } from "../around";
import { again, showRoute } from "../draft";
import { responderName } from "../quotes";
import { type Quote, Request } from "../request";
import { text } from "../texts";
import { ErrorNotice, Face, Loading, Reference } from "./faces";
import { LiveBadge, LostNotice, RouteLines } from "./Lines";
import { Progress } from "./Progress";
import type { Action } from "./QuoteCard";
import { QuoteList } from "./QuoteList";

type Doing = { readonly kind: "idle" | "cancelling" } | { readonly kind: "booking"; readonly quote: string };

/** One request: quotes as they come, the choice among them, and every way in which it may end. */
export function RequestView({ id }: { id: string }) {
  const around = useAround();
  const request = useMemo(() => new Request(id, around), [id]);
  const line = useMemo(() => request.open(), [request]);
  useEffect(() => () => request.close(), [request]);
  useEffect(() => showRoute(request.route.value), [request.route.value]);

  const t = text.value.request;
  const doing = useSignal<Doing>({ kind: "idle" });
  const chosen = useSignal<string | null>(null);
  const problem = useSignal<{
    error: ApiError;
    say: string | undefined;
    retry: (() => void) | undefined;
  } | null>(null);

  useSignalEffect(() => {
    if (request.phase.value !== "completed") return;
    const waiting = chosen.peek();
    const quote = waiting === null ? undefined : request.quotes.peek().get(waiting);
    if (quote && request.completedBy.peek() !== "cancelled") void book(quote);
    else if (request.createdAt.peek()) announce(text.peek().request.announceDone(request.quotes.peek().size));
  });

  async function attempt(next: Doing, act: () => Promise<void>, again: () => void) {
    doing.value = next;
    problem.value = null;
    try {
      await act();
    } catch (error) {
      if (error instanceof SessionOver) return;
      if (!(error instanceof ApiError)) throw error;
      const repeatable = error.status === 0 || error.status === 429 || error.status >= 500;
      problem.value = { error, say: explained(error, next), retry: repeatable ? again : undefined };
      if (!repeatable) request.retry();
    } finally {
      doing.value = { kind: "idle" };
    }
  }

  const book = (quote: Quote): Promise<void> =>
    attempt(
      { kind: "booking", quote: quote["quote-id"] },
      async () => {
        const ride = await request.book(quote["quote-id"]);
        go(`rides/${ride.id}`);
      },
      () => void book(quote),
    );

  const cancel = (): Promise<void> =>
    attempt(
      { kind: "cancelling" },
      () => request.cancel(),
      () => void cancel(),
    );

  function askAgain() {
    again(request.route.peek());
    go("");
  }

  const phase = request.phase.value;
  if (phase === "unknown") return <Unknown />;
  const trouble = request.trouble.value;
  const running = phase === "running";
  const quotes = request.quotes.value;
  const ride = [...request.rides.value.values()].find(({ status }) => status !== "rejected");
  const action: Action = ride
    ? null
    : running
      ? "choose"
      : request.completedBy.value === "cancelled"
        ? null
        : "book";
  const chosenQuote = chosen.value === null ? undefined : quotes.get(chosen.value);
  const booking = doing.value.kind === "booking" ? doing.value.quote : null;

  return (
    <div class="request">
      <header class="view-head">
        <h1 tabIndex={-1}>{title(request)}</h1>
        <div class="head-line">
          <RouteLines route={request.route.value} />
          {running && <LiveBadge line={line} />}
        </div>
      </header>
      {phase === "loading" && !trouble && <Loading>{t.loading}</Loading>}
      {running && <LostNotice line={line} />}
      {trouble && (online.value || trouble.status !== 0) && (
        <ErrorNotice error={trouble} reference={id} retry={() => request.retry()} />
      )}
      {(running || (request.asked.value > 0 && request.completedBy.value !== "cancelled")) && (
        <Progress request={request} />
      )}
      {ride && ride.status !== "rejected" && (
        <div class="notice good">
          <Icon name="check" />
          <div class="notice-body">
            <p>{t.rideOf[ride.status]}</p>
            <a class="button small" href={`#/rides/${ride.id}`}>
              {t.followRide}
            </a>
          </div>
        </div>
      )}
      {running && chosenQuote && (
        <p class="notice" role="status">
          <Icon name="clock" />
          {t.chosenNote(responderName(chosenQuote))}
        </p>
      )}
      {problem.value && (
        <ErrorNotice
          error={problem.value.error}
          say={problem.value.say}
          reference={id}
          {...(problem.value.retry ? { retry: problem.value.retry } : {})}
        />
      )}
      {phase === "completed" && !ride && <Outcome request={request} onAgain={askAgain} />}
      {quotes.size > 0 && request.completedBy.value !== "cancelled" && (
        <QuoteList
          request={request}
          action={action}
          chosen={running ? chosen.value : null}
          booking={booking}
          onAct={(quote) => {
            if (action === "book") void book(quote);
            else chosen.value = chosen.value === quote["quote-id"] ? null : quote["quote-id"];
          }}
        />
      )}
      {running && quotes.size === 0 && <Placeholders />}
      {running && (
        <button
          type="button"
          class="button danger cancel"
          disabled={doing.value.kind === "cancelling"}
          onClick={() => void cancel()}
        >
          {doing.value.kind === "cancelling" ? t.cancelling : t.cancel}
        </button>
      )}
      {phase === "completed" && quotes.size > 0 && request.completedBy.value !== "cancelled" && (
        <div class="actions">
          <button type="button" class="button quiet" onClick={askAgain}>
            <Icon name="refresh" size={18} />
            {ride ? t.another : t.again}
          </button>
        </div>
      )}
      {phase !== "loading" && <Reference id={id} />}
    </div>
  );
}

/** Where quotes are about to be. */
function Placeholders() {
  return (
    <div class="placeholders" aria-hidden="true">
      <span />
      <span />
      <span />
    </div>
  );
}

function title(request: Request): string {
  const t = text.value.request;
  if (request.phase.value === "running") return request.quotes.value.size > 0 ? t.arriving : t.asking;
  if (request.phase.value !== "completed") return t.asking;
  const bookable = request.quotes.value.size > 0 && request.completedBy.value !== "cancelled";
  return bookable ? t.done : t.over;
}

/** Ends without a quote that could be booked. */
function Outcome({ request, onAgain }: { request: Request; onAgain: () => void }) {
  const t = text.value.request;
  const responders = request.responders.value;
  if (!responders) return null;
  const button = (
    <button type="button" class="button" onClick={onAgain}>
      <Icon name="refresh" size={18} />
      {t.again}
    </button>
  );
  if (request.completedBy.value === "cancelled")
    return (
      <Face icon="close" title={t.cancelledTitle} actions={button}>
        {t.cancelledText}
      </Face>
    );
  if (responders.asked === 0)
    return (
      <Face icon="search" title={t.nobodyTitle} actions={button}>
        {t.nobodyText}
      </Face>
    );
  if (responders.quoted === 0)
    return responders.declined > 0 ? (
      <Face icon="unicorn" title={t.declinedTitle} actions={button}>
        {t.declinedText(responders.asked)}
      </Face>
    ) : (
      <Face icon="clock" title={t.silentTitle} actions={button}>
        {t.silentText}
      </Face>
    );
  const valid = [...request.quotes.value.values()].some((quote) => {
    const until = request.validUntil(quote);
    return until === null || secondsUntil(until) > 0;
  });
  if (!valid)
    return (
      <Face icon="clock" tone="warn" title={t.lateTitle} actions={button}>
        {t.lateText}
      </Face>
    );
  return null;
}

export function Unknown({ ride = false }: { ride?: boolean }) {
  const t = text.value;
  return (
    <Face
      icon="search"
      level={1}
      title={ride ? t.error.unknownRideTitle : t.error.unknownTitle}
      actions={
        <>
          <a class="button" href="#/requests">
            {t.myRequests}
          </a>
          <a class="button quiet" href="#/">
            {t.newRide}
          </a>
        </>
      }
    >
      {t.error.unknownText}
    </Face>
  );
}

/** What an API's refusal means here, in the customer's language. */
function explained(error: ApiError, doing: Doing): string | undefined {
  const t = text.peek().error;
  if (doing.kind === "cancelling") return error.status === 409 ? t.alreadyOver : undefined;
  if (error.status === 410 || error.status === 404) return t.expired;
  if (error.status !== 409) return undefined;
  if (error.detail.includes("already booked")) return t.taken;
  if (error.detail.includes("still arriving")) return t.stillRunning;
  if (error.detail.includes("cancelled")) return t.cancelled;
  return t.tooManyAttempts;
}
