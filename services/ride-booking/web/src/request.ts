import { type Signal, signal } from "@preact/signals";
import { type Api, ApiError } from "@wild-rydes/web/api";
import { Line, type LineState } from "@wild-rydes/web/line";
import { type Session, SessionOver } from "@wild-rydes/web/session";
import { Booking } from "./booking";
import type { components as rest } from "./generated/api";
import type { components as socket } from "./generated/socket";
import { keep, read } from "./kept";
import type { Place } from "./places";
import { byId, isOpen, newest } from "./told";

export type Quote = socket["schemas"]["QuoteBody"];
export type RideState = socket["schemas"]["RideState"];
export type Responders = rest["schemas"]["Responders"];
type State = socket["schemas"]["State"];
type Refused = socket["schemas"]["SubscriptionRefused"];
type Running = rest["schemas"]["Running"];
type Result = rest["schemas"]["Result"];
type Links = rest["schemas"]["Links"];

export type Phase = "loading" | "running" | "completed" | "unknown" | "failed";

export interface Route {
  readonly from: Place;
  readonly to: Place;
}

interface Remembered extends Route {
  readonly createdAt: string;
}

interface Surroundings {
  readonly api: Api;
  readonly session: Session;
}

export const REQUESTS = "/instant-ride-rfqs";

const SECONDS_TO_TRY_AGAIN = 3;
const SECONDS_WITHOUT_LINE = 2;
const SECONDS_AFTER_NEWS = 0.4;
const SECONDS_TO_SUBSCRIBE_AGAIN = 5;
const SECONDS_BETWEEN_LOOKS_AT_A_RIDE = 15;
/** How long quotes without a time of their own stay valid. */
const MINUTES_VALID = 10;

const LONG_AGO = new Date(0).toISOString();

const ROUTES = "route.";

/** Remember where a request goes: the API tells that only when it is over, or in the list. */
export function remember(id: string, route: Remembered): void {
  keep(ROUTES + id, route);
}

/** One request for quotes, as it is known here. It follows socket and API from `open` to `close`. */
export class Request {
  readonly phase: Signal<Phase> = signal("loading");
  readonly route: Signal<Route | null> = signal(null);
  readonly createdAt: Signal<string | null> = signal(null);
  readonly deadline: Signal<string | null> = signal(null);
  readonly completedAt: Signal<string | null> = signal(null);
  readonly completedBy: Signal<Result["completed-by"] | null> = signal(null);
  readonly asked = signal(0);
  readonly received = signal(0);
  readonly responders: Signal<Responders | null> = signal(null);
  readonly quotes: Signal<ReadonlyMap<string, Quote>> = signal(new Map());
  readonly leftOut = signal(0);
  readonly rides: Signal<ReadonlyMap<string, RideState>> = signal(new Map());
  /** What keeps this page from the truth just now, or for good if the phase is `failed`. */
  readonly trouble: Signal<ApiError | null> = signal(null);
  readonly booking: Booking;
  readonly line: Signal<LineState> = signal("connecting");

  #line: Line<State | Refused> | null = null;
  #timer = 0;
  #looking = false;
  #lookAgain = false;
  #closed = false;
  #revision = -1;
  #early: State[] = [];
  #links: Links | null = null;
  /** The quotes of which the API has said so. */
  readonly #expired: Signal<ReadonlySet<string>> = signal(new Set());

  constructor(
    readonly id: string,
    private readonly around: Surroundings,
  ) {
    const stored = read<Remembered>(ROUTES + id);
    if (stored) {
      const { createdAt, ...route } = stored;
      this.route.value = route;
      this.createdAt.value = createdAt;
    }
    this.booking = new Booking(id, around.api, () => this.#links?.bookings ?? `${REQUESTS}/${id}/bookings`);
    this.booking.refusal.subscribe((refusal) => {
      if (!refusal) return;
      if (refusal.error.status === 410)
        this.#expired.value = new Set([...this.#expired.peek(), refusal.wish.quote]);
      // The API knows something that this page does not; a read at once might be too early for it.
      this.#lookIn(SECONDS_AFTER_NEWS);
    });
  }

  /** Follow the request. Call it once. */
  open(): void {
    this.#line = new Line<State | Refused>({
      url: () => this.around.session.config.peek().socket,
      token: (fresh) => this.around.session.token(fresh),
      question: { action: "subscribe", "rfq-id": this.id },
      answers: (message) => message.type === "snapshot",
      hear: (message) => this.#hear(message),
    });
    this.#line.state.subscribe((state) => {
      this.line.value = state;
    });
    void this.#look();
    if (!this.route.value) void this.#findRoute();
  }

  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    this.#line?.close();
    this.booking.close();
  }

  /** Look now, for instance after an error. */
  retry(): void {
    this.#lookIn(0);
  }

  async cancel(): Promise<void> {
    await this.around.api.delete(this.#links?.self ?? `${REQUESTS}/${this.id}`);
    await this.#look();
  }

  /** Until when a quote can be booked, if that is known yet. */
  validUntil(quote: Quote): string | null {
    if (this.#expired.value.has(quote["quote-id"])) return LONG_AGO;
    if (quote["valid-until"]) return quote["valid-until"];
    const end = this.completedAt.value;
    return end && new Date(Date.parse(end) + MINUTES_VALID * 60_000).toISOString();
  }

  #hear(message: State | Refused): void {
    switch (message.type) {
      case "snapshot":
        if (this.phase.value !== "completed")
          this.quotes.value = new Map(message.quotes.map((quote) => [quote["quote-id"], quote]));
        this.rides.value = new Map(message.rides.map((ride) => [ride.id, ride]));
        this.#take(message);
        for (const update of this.#early.splice(0)) this.#hear(update);
        break;
      case "update":
        if (this.#revision < 0) {
          this.#early.push(message);
        } else if (message.revision > this.#revision) {
          this.quotes.value = new Map([
            ...this.quotes.value,
            ...message.quotes.map((quote) => [quote["quote-id"], quote] as const),
          ]);
          this.rides.value = new Map([
            ...this.rides.value,
            ...message.rides.map((ride) => [ride.id, ride] as const),
          ]);
          this.#take(message);
        }
        break;
      case "refused":
        this.#refused(message);
    }
  }

  #take(state: State): void {
    this.#revision = state.revision;
    this.leftOut.value = state["quotes-left-out"] ?? 0;
    if (this.phase.value === "running" || this.phase.value === "loading") this.#lookIn(SECONDS_AFTER_NEWS);
  }

  #refused(message: Refused): void {
    switch (message.reason) {
      case "token-expired":
        this.#line?.renew();
        break;
      case "subscribe-again":
      case "try-again":
        this.#line?.askIn(SECONDS_TO_SUBSCRIBE_AGAIN);
        break;
      case "no-such-rfq":
        this.#lookIn(0);
        break;
      case "not-understood":
        break;
    }
  }

  #lookIn(seconds: number): void {
    window.clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = window.setTimeout(() => void this.#look(), seconds * 1000);
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    try {
      const url = this.#links?.self ?? `${REQUESTS}/${this.id}`;
      const { body, headers } = await this.around.api.get<Running | Result>(url);
      if (this.#closed) return;
      this.trouble.value = null;
      this.#links = body.links;
      if (body.status === "completed") {
        this.#end(body);
        const live = this.line.peek() === "live";
        if (body.rides.some(isOpen))
          this.#lookIn(live ? SECONDS_BETWEEN_LOOKS_AT_A_RIDE : SECONDS_WITHOUT_LINE);
      } else {
        this.deadline.value = body.eta;
        this.asked.value = body["responders-asked"];
        this.received.value = body["responses-received"];
        this.phase.value = "running";
        const live = this.line.peek() === "live";
        if (!live) await this.#readQuotes(body.links);
        const wait = Number(headers.get("Retry-After") ?? 1);
        this.#lookIn(live ? wait : Math.min(wait, SECONDS_WITHOUT_LINE));
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#looking = false;
      if (this.#lookAgain) {
        this.#lookAgain = false;
        this.#lookIn(0);
      }
    }
  }

  /** What the socket would have told. */
  async #readQuotes(links: Links): Promise<void> {
    const { body } = await this.around.api.get<rest["schemas"]["Quotes"]>(links.quotes);
    if (this.line.peek() !== "live") this.quotes.value = byId(body.quotes);
  }

  #end(result: Result): void {
    this.route.value = { from: result.from, to: result.to };
    this.createdAt.value = result["created-at"];
    this.completedAt.value = result["completed-at"];
    this.completedBy.value = result["completed-by"];
    this.responders.value = result.responders;
    this.asked.value = result.responders.asked;
    this.quotes.value = byId(result.quotes);
    this.leftOut.value = 0;
    this.rides.value = newest(this.rides.peek(), result.rides);
    const first = this.phase.peek() !== "completed";
    this.phase.value = "completed";
    if (result["completed-by"] === "cancelled") this.booking.end();
    else if (first) this.booking.begin();
  }

  #failed(error: unknown): void {
    if (error instanceof SessionOver || this.#closed) return;
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) {
      this.phase.value = "unknown";
      this.booking.end();
      this.close();
    } else if (error.status === 0 || error.status === 429 || error.status >= 500) {
      this.trouble.value = error;
      this.#lookIn(error.retryAfter ?? SECONDS_TO_TRY_AGAIN);
    } else {
      this.trouble.value = error;
      this.phase.value = "failed";
    }
  }

  /** A running request tells its places in the list alone. */
  async #findRoute(): Promise<void> {
    try {
      const { body } = await this.around.api.get<rest["schemas"]["RfqList"]>(REQUESTS);
      const found = body.rfqs.find((rfq) => rfq.id === this.id);
      if (found && !this.route.value) {
        this.route.value = { from: found.from, to: found.to };
        this.createdAt.value = found["created-at"];
      }
    } catch {
      // The page does without; the result has them.
    }
  }
}
