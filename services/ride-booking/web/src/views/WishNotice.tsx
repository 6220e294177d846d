import { Icon } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import type { Request } from "../request";
import { news } from "../requests";
import { text } from "../texts";
import { explain, Reference } from "./faces";

/** What becomes of the quote that the customer wants, until it is booked. */
export function WishNotice({ request }: { request: Request }) {
  const t = text.value.wish;
  const { booking } = request;
  const wish = booking.wish.value;
  const trouble = booking.trouble.value;
  if (!wish) return null;
  const sending = booking.sending.value;
  const withdraw = () => {
    booking.withdraw();
    request.retry(); // it may have been booked for all that
  };
  if (request.phase.value === "running")
    return (
      <div class="notice" role="status">
        <Icon name="clock" />
        <div class="notice-body">
          <p>{t.chosen(wish.name)}</p>
          <button type="button" class="button quiet small" onClick={withdraw}>
            {t.undo}
          </button>
        </div>
      </div>
    );
  if (!trouble) return null;
  const why = trouble.status === 0 ? t.noAnswer : trouble.status === 429 ? t.throttled : t.server;
  return (
    <div class="notice warn" role="alert">
      <Icon name={trouble.status === 0 ? "off" : "clock"} />
      <div class="notice-body">
        <p>{online.value ? `${why} ${t.trying(wish.name)}` : t.waiting(wish.name)}</p>
        {trouble.status >= 500 && <Reference id={trouble.reference ?? request.id} />}
        <div class="actions">
          {online.value && (
            <button type="button" class="button quiet small" disabled={sending} onClick={booking.now}>
              <Icon name="refresh" size={16} />
              {sending ? text.value.request.booking : t.now}
            </button>
          )}
          <button type="button" class="button quiet small" disabled={sending} onClick={withdraw}>
            {t.withdraw}
          </button>
        </div>
      </div>
    </div>
  );
}

/** What became of a wish while the customer looked at something else. */
export function NewsNotice() {
  const t = text.value.wish;
  const told = news.value;
  if (!told) return null;
  const close = () => {
    news.value = null;
  };
  const ride = typeof told.outcome === "string" ? told.outcome : null;
  const said =
    typeof told.outcome === "string"
      ? t.booked(told.name)
      : `${t.refused(told.name)} ${explain(told.outcome)}`;
  return (
    <div class={`news ${ride ? "good" : "bad"}`} role="status">
      <Icon name={ride ? "check" : "alert"} />
      <p>
        {said}{" "}
        <a href={ride ? `#/rides/${ride}` : `#/requests/${told.id}`} onClick={close}>
          {ride ? text.value.request.followRide : t.seeQuotes}
        </a>
      </p>
      <button type="button" class="button plain icon" aria-label={t.close} onClick={close}>
        <Icon name="close" size={18} />
      </button>
    </div>
  );
}
