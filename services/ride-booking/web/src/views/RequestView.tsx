import { useSignal, useSignalEffect } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { ApiError } from "@wild-rydes/web/api";
import { Icon } from "@wild-rydes/web/components/icons";
import { secondsUntil } from "@wild-rydes/web/now";
import { go } from "@wild-rydes/web/route";
import { SessionOver } from "@wild-rydes/web/session";
import { useEffect, useMemo } from "preact/hooks";
import { useAround } from "../around";
import { again, hideRoute, showRoute } from "../draft";
import type { Request } from "../request";
import { current, follow, leave } from "../requests";
import { text } from "../texts";
import { ErrorNotice, Face, Loading, Reference } from "./faces";
import { ConnectionNotice, LiveBadge, RouteLines } from "./Lines";
import { Progress } from "./Progress";
import type { Action } from "./QuoteCard";
import { QuoteList } from "./QuoteList";
import { WishNotice } from "./WishNotice";

/** One request: quotes as they come, the choice among them, and every way in which it may end. */
export function RequestView({ id }: { id: string }) {
  const around = useAround();
  const request = useMemo(() => follow(id, around), [id]);
  const { line, booking } = request;
  useEffect(() => {
    current.value = request;
    return () => {
      current.value = null;
      leave(id);
    };
  }, [request]);
  const asking = request.phase.value === "running";
  useEffect(() => showRoute(request.route.value, asking), [request.route.value, asking]);

  const t = text.value.request;
  const cancelling = useSignal(false);
  const problem = useSignal<ApiError | null>(null);

  useSignalEffect(() => {
    const ride = booking.booked.value;
    if (!ride) return;
    booking.booked.value = null;
    go(`rides/${ride.id}`);
  });

  useSignalEffect(() => {
    if (request.phase.value !== "completed" || booking.wish.peek() || !request.createdAt.peek()) return;
    announce(text.peek().request.announceDone(request.quotes.peek().size));
  });

  async function cancel() {
    cancelling.value = true;
    problem.value = null;
    try {
      await request.cancel();
    } catch (error) {
      if (error instanceof SessionOver) return;
      if (!(error instanceof ApiError)) throw error;
      problem.value = error;
      if (!isPassing(error)) request.retry();
    } finally {
      cancelling.value = false;
    }
  }

  function askAgain() {
    again(request.route.peek());
    go("");
  }

  const phase = request.phase.value;
  if (phase === "unknown") return <Unknown />;
  const trouble = request.trouble.value;
  const running = phase === "running";
  const quotes = request.quotes.value;
  const over = request.completedBy.value === "cancelled";
  const ride = [...request.rides.value.values()].find(({ status }) => status !== "rejected");
  const action: Action = ride || over ? null : running ? "choose" : "book";
  const refusal = booking.refusal.value;

  return (
    <div class="request">
      <header class="view-head">
        <h1 tabIndex={-1}>{title(request)}</h1>
        <div class="head-line">
          <RouteLines route={request.route.value} />
          {running && <LiveBadge line={line} trouble={trouble} />}
        </div>
      </header>
      {phase === "loading" && !trouble && <Loading>{t.loading}</Loading>}
      <ConnectionNotice
        line={line}
        trouble={booking.trouble.value ? null : trouble}
        open={running}
        reference={id}
        retry={() => request.retry()}
      />
      {(running || (request.asked.value > 0 && !over)) && (
        <Progress request={request}>
          {running && (
            <button
              type="button"
              class="button danger small cancel"
              disabled={cancelling.value}
              onClick={() => void cancel()}
            >
              {cancelling.value ? t.cancelling : t.cancel}
            </button>
          )}
        </Progress>
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
      <WishNotice request={request} />
      {problem.value && (
        <ErrorNotice
          error={problem.value}
          reference={id}
          {...(isPassing(problem.value) ? { retry: () => void cancel() } : {})}
        />
      )}
      {refusal && <ErrorNotice key={refusal.wish.key} error={refusal.error} reference={id} />}
      {phase === "completed" && !ride && <Outcome request={request} onAgain={askAgain} />}
      {quotes.size > 0 && !over && <QuoteList request={request} action={action} />}
      {running && quotes.size === 0 && <Placeholders />}
      {phase === "completed" && quotes.size > 0 && !over && (
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

/** Whether to try again what has had this answer. */
function isPassing({ status }: ApiError): boolean {
  return status === 0 || status === 429 || status >= 500;
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
        {t.declinedText(responders.asked, responders.silent)}
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
  useEffect(hideRoute, []);
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
      {ride ? t.error.unknownRideText : t.error.unknownText}
    </Face>
  );
}
