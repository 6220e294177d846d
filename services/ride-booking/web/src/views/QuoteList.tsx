import { announce } from "@wild-rydes/web/announce";
import { money } from "@wild-rydes/web/language";
import { secondsUntil } from "@wild-rydes/web/now";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { kept } from "../kept";
import { arranged, best, FILTERS, type Filter, responderName, SORTS, type SortBy } from "../quotes";
import type { Quote, Request } from "../request";
import { text } from "../texts";
import { type Action, QuoteCard } from "./QuoteCard";

interface Props {
  readonly request: Request;
  readonly action: Action;
}

const MILLISECONDS_TO_GATHER = 1500;

/** The quotes, sorted and filtered as the customer likes. */
export function QuoteList({ request, action }: Props) {
  const t = text.value.request;
  const { booking } = request;
  const sort = useMemo(() => kept<SortBy>("sort", "price"), []);
  const filter = useMemo(() => kept<Filter>(`filter.${request.id}`, "all"), [request]);
  const wanted = booking.wish.value?.quote;
  const busy = action === "book" && wanted !== undefined;
  const all = [...request.quotes.value.values()];
  useAnnouncedQuotes(request);

  const isValid = (quote: Quote) => {
    const until = request.validUntil(quote);
    return until === null || secondsUntil(until) > 0;
  };
  const valid = all.filter(isValid);
  const shown = arranged(all, sort.value, filter.value);
  const ordered = [...shown.filter(isValid), ...shown.filter((quote) => !isValid(quote))];
  const bests = best(valid);
  return (
    <section class="quotes" aria-labelledby="quotes-title">
      <h2 class="visually-hidden" id="quotes-title">
        {t.quoted(all.length)}
      </h2>
      <div class="arrange">
        <label class="choice">
          <span class="small soft">{t.sort}</span>
          <select
            class="input"
            name="sort"
            value={sort.value}
            onChange={(event) => {
              sort.value = event.currentTarget.value as SortBy;
            }}
          >
            {SORTS.map((kind) => (
              <option key={kind} value={kind}>
                {t.sorts[kind]}
              </option>
            ))}
          </select>
        </label>
        <fieldset>
          <legend class="visually-hidden">{t.filter}</legend>
          <div class="segments slim">
            {FILTERS.map((kind) => (
              <label key={kind} class="segment">
                <input
                  type="radio"
                  name="filter"
                  value={kind}
                  checked={filter.value === kind}
                  onChange={() => {
                    filter.value = kind;
                  }}
                />
                <span>{t.filters[kind]}</span>
              </label>
            ))}
          </div>
        </fieldset>
      </div>
      {ordered.length === 0 && <p class="soft none-yet">{t.noneOfThese}</p>}
      <ul class="quote-list">
        {ordered.map((quote) => (
          <QuoteCard
            key={quote["quote-id"]}
            quote={quote}
            best={bests.get(quote["quote-id"]) ?? []}
            action={action}
            chosen={action === "choose" && wanted === quote["quote-id"]}
            busy={busy && wanted === quote["quote-id"]}
            blocked={busy && (booking.sending.value || wanted === quote["quote-id"])}
            validUntil={request.validUntil(quote)}
            onAct={() => {
              if (action === "choose" && wanted === quote["quote-id"]) booking.withdraw();
              else booking.want(quote);
            }}
          />
        ))}
      </ul>
      {request.leftOut.value > 0 && <p class="soft small">{t.leftOut(request.leftOut.value)}</p>}
    </section>
  );
}

/** Tell screen readers of new quotes, of many at once in one sentence. */
function useAnnouncedQuotes(request: Request): void {
  const told = useRef(0);
  const timer = useRef(0);
  const count = request.quotes.value.size;
  useEffect(() => {
    if (count <= told.current || request.phase.peek() === "completed") return;
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      const quotes = request.quotes.peek();
      const [cheapest] = arranged(quotes.values(), "price", "all");
      if (!cheapest) return;
      const { amount, currency } = cheapest.price;
      announce(
        text
          .peek()
          .request.newQuotes(quotes.size - told.current, money(amount, currency), responderName(cheapest)),
      );
      told.current = quotes.size;
    }, MILLISECONDS_TO_GATHER);
  }, [count]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
}
