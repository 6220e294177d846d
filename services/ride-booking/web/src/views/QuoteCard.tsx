import { Icon } from "@wild-rydes/web/components/icons";
import { duration, money, number, time } from "@wild-rydes/web/language";
import { secondsUntil } from "@wild-rydes/web/now";
import { isPartner, responderName, type SortBy } from "../quotes";
import type { Quote } from "../request";
import { text } from "../texts";

/** `choose` while the request runs, `book` afterwards, nothing while a ride is on. */
export type Action = "choose" | "book" | null;

interface Props {
  readonly quote: Quote;
  readonly best: readonly SortBy[];
  readonly action: Action;
  readonly chosen: boolean;
  readonly busy: boolean;
  readonly blocked: boolean;
  readonly validUntil: string | null;
  readonly onAct: () => void;
}

/** What one responder offers. */
export function QuoteCard({ quote, best, action, chosen, busy, blocked, validUntil, onAct }: Props) {
  const t = text.value.request;
  const partner = isPartner(quote);
  const name = responderName(quote);
  const price = money(quote.price.amount, quote.price.currency);
  const expired = validUntil !== null && secondsUntil(validUntil) <= 0;
  const rating = quote.rating;
  return (
    <li class={`quote ${chosen ? "chosen" : ""} ${expired ? "expired" : ""}`} data-quote={quote["quote-id"]}>
      <span class={`quote-mark ${partner ? "partner" : ""}`} aria-hidden="true">
        <Icon name={partner ? "car" : "unicorn"} size={22} />
      </span>
      <div class="quote-who">
        <h3>{name}</h3>
        <p class="quote-facts small soft">
          <span class="visually-hidden">{partner ? t.partner : t.unicorn}. </span>
          <span>{t.pickup(duration(quote["pickup-in-seconds"]))}</span>
          {rating ? (
            <span class="rating">
              <Icon name="star" size={14} />
              <span aria-hidden="true">
                {number(rating.score, 1)} ({number(rating.count)})
              </span>
              <span class="visually-hidden">{t.rating(number(rating.score, 1), rating.count)}</span>
            </span>
          ) : (
            <span>{t.newcomer}</span>
          )}
          {quote["valid-until"] && !expired && <span>{t.expires(time(quote["valid-until"]))}</span>}
        </p>
        {(best.length > 0 || expired) && (
          <p class="quote-badges">
            {expired ? (
              <span class="badge bad">{t.expired}</span>
            ) : (
              best.map((kind) => (
                <span key={kind} class="badge violet">
                  {t.best[kind]}
                </span>
              ))
            )}
          </p>
        )}
      </div>
      <div class="quote-price">
        <strong class="numbers">{price}</strong>
      </div>
      {action && !expired && (
        <button
          type="button"
          class={`button small ${action === "choose" && !chosen ? "quiet" : ""}`}
          aria-pressed={action === "choose" ? chosen : undefined}
          disabled={blocked}
          onClick={(event) => {
            if (event.detail < 2) onAct(); // the second half of a double click undoes nothing
          }}
        >
          {busy ? (
            t.booking
          ) : action === "book" ? (
            t.book
          ) : chosen ? (
            <>
              <Icon name="check" size={16} />
              {t.chosen}
            </>
          ) : (
            t.choose
          )}
          <span class="visually-hidden">
            : {name}, {price}
          </span>
        </button>
      )}
    </li>
  );
}
