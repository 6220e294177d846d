import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Api, ApiError } from "@wild-rydes/web/api";
import { Line, type LineState } from "@wild-rydes/web/line";
import { type Session, SessionOver } from "@wild-rydes/web/session";
import type { components as rest } from "./generated/api";
import type { components as socket } from "./generated/socket";
import type { Route } from "./request";

export type RideBody = rest["schemas"]["RideBody"];
type Message = socket["schemas"]["State"] | socket["schemas"]["SubscriptionRefused"];

interface Surroundings {
  readonly api: Api;
  readonly session: Session;
}

const SECONDS_BETWEEN_LOOKS = 15;
const SECONDS_WITHOUT_LINE = 2;
const SECONDS_TO_TRY_AGAIN = 3;
const SECONDS_TO_SUBSCRIBE_AGAIN = 5;

/** One ride, as it is known here: the socket says when to look, the API says what there is. */
export class Ride {
  readonly ride: Signal<RideBody | null> = signal(null);
  readonly route: Signal<Route | null> = signal(null);
  readonly unknown = signal(false);
  readonly trouble: Signal<ApiError | null> = signal(null);

  #line: Line<Message> | null = null;
  #timer = 0;
  #closed = false;

  constructor(
    readonly id: string,
    private readonly around: Surroundings,
  ) {}

  open(): ReadonlySignal<LineState> {
    this.#line = new Line<Message>({
      url: () => this.around.session.config.peek().socket,
      token: (fresh) => this.around.session.token(fresh),
      question: { action: "subscribe", "ride-id": this.id },
      answers: (message) => message.type === "snapshot",
      hear: (message) => this.#hear(message),
    });
    void this.#look();
    return this.#line.state;
  }

  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    this.#line?.close();
  }

  retry(): void {
    this.#lookIn(0);
  }

  #hear(message: Message): void {
    if (message.type !== "refused") {
      const told = message.rides.find((ride) => ride.id === this.id);
      if (told && told.status !== this.ride.value?.status) this.#lookIn(0);
    } else if (message.reason === "token-expired") {
      this.#line?.renew();
    } else if (message.reason !== "not-understood") {
      this.#line?.askIn(SECONDS_TO_SUBSCRIBE_AGAIN);
    }
  }

  #lookIn(seconds: number): void {
    window.clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = window.setTimeout(() => void this.#look(), seconds * 1000);
  }

  async #look(): Promise<void> {
    try {
      const url = this.ride.value?.links.self ?? `/rides/${encodeURIComponent(this.id)}`;
      const { body } = await this.around.api.get<RideBody>(url);
      if (this.#closed) return;
      this.trouble.value = null;
      this.ride.value = body;
      if (!this.route.value) void this.#findRoute(body.links.rfq);
      const live = this.#line?.state.peek() === "live";
      if (body.status === "pending" || body.status === "confirmed")
        this.#lookIn(live ? SECONDS_BETWEEN_LOOKS : SECONDS_WITHOUT_LINE);
    } catch (error) {
      if (error instanceof SessionOver || this.#closed) return;
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) {
        this.unknown.value = true;
        this.close();
      } else {
        this.trouble.value = error;
        this.#lookIn(error.retryAfter ?? SECONDS_TO_TRY_AGAIN);
      }
    }
  }

  async #findRoute(rfq: string): Promise<void> {
    try {
      const { body } = await this.around.api.get<rest["schemas"]["Result"]>(rfq);
      this.route.value = { from: body.from, to: body.to };
    } catch {
      // The page does without.
    }
  }
}
