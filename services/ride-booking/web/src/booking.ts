import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Api, ApiError, idempotencyKey } from "@wild-rydes/web/api";
import { online } from "@wild-rydes/web/connectivity";
import { SessionOver } from "@wild-rydes/web/session";
import type { components } from "./generated/api";
import { keep, namesAfter, read } from "./kept";
import { responderName } from "./quotes";
import type { Quote } from "./request";

type Ride = components["schemas"]["RideBody"];

/** The quote that a customer wants. The key makes every attempt to book it the same booking. */
export interface Wish {
  readonly quote: string;
  readonly name: string;
  readonly key: string;
}

export interface Refusal {
  readonly wish: Wish;
  readonly error: ApiError;
}

const WISH = "wish.";
const SECONDS_TO_TRY_AGAIN = 2;
const LONGEST_SECONDS_TO_TRY_AGAIN = 30;

/** The requests whose wishes a reload has left. */
export const wished = (): readonly string[] => namesAfter(WISH);

/**
 * A customer's wish for one quote of a request: from the choice, over as many attempts as it takes, until it is booked,
 * refused or withdrawn. Whether an attempt without an answer has booked anything nobody knows, so it is repeated.
 */
export class Booking {
  readonly #wish: Signal<Wish | null>;
  readonly #sending = signal(false);
  readonly #trouble: Signal<ApiError | null> = signal(null);
  /** What the API has said no to. */
  readonly refusal: Signal<Refusal | null> = signal(null);
  /** The ride that a wish has become, until somebody has taken note. */
  readonly booked: Signal<Ride | null> = signal(null);

  #open = false;
  #closed = false;
  #timer = 0;
  #failures = 0;

  constructor(
    private readonly id: string,
    private readonly api: Api,
    private readonly url: () => string,
  ) {
    this.#wish = signal(read<Wish>(WISH + id));
    window.addEventListener("online", this.now);
  }

  get wish(): ReadonlySignal<Wish | null> {
    return this.#wish;
  }

  get sending(): ReadonlySignal<boolean> {
    return this.#sending;
  }

  /** Why the last attempt had no answer that settles it. Another one follows. */
  get trouble(): ReadonlySignal<ApiError | null> {
    return this.#trouble;
  }

  /** Want this quote: it is booked now or, if the request still runs, when `begin` says that it can be. */
  want(quote: Quote): void {
    if (this.#sending.peek()) return;
    const before = this.#wish.peek();
    this.refusal.value = null;
    if (before?.quote !== quote["quote-id"])
      this.#set({ quote: quote["quote-id"], name: responderName(quote), key: idempotencyKey() });
    this.now();
  }

  withdraw(): void {
    if (!this.#sending.peek()) this.#set(null);
  }

  /** Quotes can be booked from now on. */
  begin(): void {
    this.#open = true;
    this.now();
  }

  /** Try now what waits for its next attempt. */
  readonly now = (): void => {
    window.clearTimeout(this.#timer);
    void this.#attempt();
  };

  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    window.removeEventListener("online", this.now);
  }

  /** Drop a wish that nothing can come of any more. */
  end(): void {
    this.#set(null);
    this.close();
  }

  async #attempt(): Promise<void> {
    const wish = this.#wish.peek();
    if (!wish || !this.#open || this.#closed || this.#sending.peek()) return;
    this.#sending.value = true;
    try {
      const { body } = await this.api.post<Ride>(this.url(), { "quote-id": wish.quote }, wish.key);
      this.#set(null);
      this.booked.value = body;
    } catch (error) {
      if (error instanceof SessionOver) return;
      if (!(error instanceof ApiError)) throw error;
      if (isOver(error)) {
        this.#set(null);
        this.refusal.value = { wish, error };
      } else {
        this.#trouble.value = error;
        this.#again(error);
      }
    } finally {
      this.#sending.value = false;
    }
  }

  #again(error: ApiError): void {
    this.#failures += 1;
    if (this.#closed || (error.status === 0 && !online.peek())) return; // the line says when it is back
    const pause = Math.min(LONGEST_SECONDS_TO_TRY_AGAIN, SECONDS_TO_TRY_AGAIN * 2 ** (this.#failures - 1));
    this.#timer = window.setTimeout(this.now, (error.retryAfter ?? pause) * 1000);
  }

  #set(wish: Wish | null): void {
    window.clearTimeout(this.#timer);
    this.#failures = 0;
    this.#trouble.value = null;
    this.#wish.value = wish;
    keep(WISH + this.id, wish);
  }
}

/** Whether an answer settles an attempt: the API has understood it, and says no for good. */
function isOver({ status, code }: ApiError): boolean {
  return status >= 400 && status < 500 && status !== 429 && code !== "running";
}
