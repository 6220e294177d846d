import { announce } from "@wild-rydes/web/announce";
import { Icon, type IconName } from "@wild-rydes/web/components/icons";
import { countdown, dateAndTime, money, span } from "@wild-rydes/web/language";
import { secondsUntil } from "@wild-rydes/web/now";
import { useEffect, useMemo } from "preact/hooks";
import { useAround } from "../around";
import { showRoute } from "../draft";
import { Ride, type RideBody } from "../ride";
import { text } from "../texts";
import { Loading, Reference } from "./faces";
import { ConnectionNotice, LiveBadge, RouteLines } from "./Lines";
import { Unknown } from "./RequestView";

const ICONS: Record<RideBody["status"], IconName> = {
  pending: "clock",
  confirmed: "unicorn",
  completed: "check",
  rejected: "close",
};

/** A ride from its booking to its end. */
export function RideView({ id }: { id: string }) {
  const around = useAround();
  const store = useMemo(() => new Ride(id, around), [id]);
  const line = useMemo(() => store.open(), [store]);
  useEffect(() => () => store.close(), [store]);
  useEffect(() => showRoute(store.route.value), [store.route.value]);

  const t = text.value.ride;
  const ride = store.ride.value;
  const status = ride?.status;
  useEffect(() => {
    if (status) announce(text.peek().ride[status]);
  }, [status]);

  if (store.unknown.value) return <Unknown ride />;
  const trouble = store.trouble.value;
  const open = status === "pending" || status === "confirmed";
  return (
    <div class="ride">
      {!ride && !trouble && <Loading>{t.loading}</Loading>}
      <ConnectionNotice
        line={line}
        trouble={trouble}
        open={open}
        reference={id}
        retry={() => store.retry()}
      />
      {ride && (
        <>
          <header class={`ride-head ${ride.status}`} data-status={ride.status}>
            <div class="ride-top">
              <span class="face-icon">
                <Icon name={ICONS[ride.status]} size={28} />
              </span>
              {open && <LiveBadge line={line} trouble={trouble} />}
            </div>
            <h1 tabIndex={-1}>{t[ride.status]}</h1>
            <p class="soft">{said(ride)}</p>
          </header>
          {ride.status !== "rejected" && <Steps status={ride.status} />}
          <RouteLines route={store.route.value} />
          <Facts ride={ride} />
          <div class="actions">
            {ride.status === "rejected" && (
              <a class="button" href={`#/requests/${ride["rfq-id"]}`}>
                {t.anotherQuote}
              </a>
            )}
            {ride.status === "completed" && (
              <a class="button" href="#/">
                {text.value.request.another}
              </a>
            )}
          </div>
          <Reference id={ride["rfq-id"]} />
        </>
      )}
    </div>
  );
}

function said(ride: RideBody): string {
  const t = text.value.ride;
  const name = ride.name ?? ride["responder-id"];
  switch (ride.status) {
    case "pending": {
      const whole = Math.round((Date.parse(ride["confirmed-by"]) - Date.parse(ride["booked-at"])) / 1000);
      const left = Math.min(whole, secondsUntil(ride["confirmed-by"]));
      return left > 0 ? t.pendingText(name, countdown(left)) : t.pendingOver(name);
    }
    case "confirmed":
      return t.confirmedText(name, span(ride["pickup-in-seconds"], "long"));
    case "completed":
      return t.completedText(name);
    case "rejected": {
      const reason = ride.reason ?? "";
      const known = reason in t.reasons && reason !== "other" ? (reason as "timeout") : null;
      return known ? t.reasons[known] : t.reasons.other(reason);
    }
  }
}

function Facts({ ride }: { ride: RideBody }) {
  const t = text.value.ride;
  return (
    <dl class="facts">
      <div>
        <dt>{t.who}</dt>
        <dd>{ride.name ?? ride["responder-id"]}</dd>
      </div>
      <div>
        <dt>{t.price}</dt>
        <dd class="numbers">{money(ride.price.amount, ride.price.currency)}</dd>
      </div>
      <div>
        <dt>{t.pickup}</dt>
        <dd>{t.about(span(ride["pickup-in-seconds"], "long"))}</dd>
      </div>
      <div>
        <dt>{t.bookedAt}</dt>
        <dd>{dateAndTime(ride["booked-at"])}</dd>
      </div>
    </dl>
  );
}

const STEPS = ["booked", "confirmed", "completed"] as const;

function Steps({ status }: { status: RideBody["status"] }) {
  const t = text.value.ride;
  const reached = { pending: 0, confirmed: 1, completed: 2, rejected: 0 }[status];
  return (
    <ol class="steps">
      {STEPS.map((step, at) => {
        const now = at === reached && status !== "completed";
        return (
          <li key={step} class={at <= reached ? "reached" : ""} aria-current={now ? "step" : undefined}>
            <span class="step-mark" aria-hidden="true">
              {at <= reached && <Icon name="check" size={14} />}
            </span>
            <span class="small">{t.steps[step]}</span>
            {at <= reached && <span class="visually-hidden">{now ? t.stepNow : t.stepDone}</span>}
          </li>
        );
      })}
    </ol>
  );
}
