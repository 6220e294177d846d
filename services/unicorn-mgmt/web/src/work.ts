import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Api, ApiError, idempotencyKey } from "@wild-rydes/web/api";
import { now, secondsUntil } from "@wild-rydes/web/now";
import type { components } from "./generated/socket";

type Schemas = components["schemas"];
export type Message =
  | Schemas["SnapshotPush"]
  | Schemas["InvitationPush"]
  | Schemas["InvitationClosedPush"]
  | Schemas["AnotherChosenPush"]
  | Schemas["RidePush"];
export type Invitation = Schemas["OpenInvitation"];
export type Ride = Schemas["TakenRide"];

/**
 * What became of an invitation. `quoted` until the customer has chosen, as far as we are told, or can no longer.
 * `passed-over`: another unicorn has the ride. `lost`: nobody has said so, but it is too late to be chosen.
 */
export type Outcome =
  | "quoted"
  | "declined"
  | "won"
  | "passed-over"
  | "lost"
  | "missed"
  | "cancelled"
  | "completed"
  | "given-up"
  | "taken-back";

/** An invitation that is no longer open. */
export interface Past {
  readonly invitation: Invitation;
  readonly outcome: Outcome;
  readonly price: { readonly amount: string; readonly currency: string } | null;
}

/** An open invitation, and when this app first saw it. */
export interface Open {
  readonly invitation: Invitation;
  readonly since: number;
}

const SECONDS_TO_CHOOSE = 600;
/** A snapshot may lack an invitation that is younger than this: it was made while the invitation was written. */
const YOUNG = 10_000;
const KEPT = 20;

const KEY = "wild-rydes.work";

/** What a unicorn has to do and has done, kept in this tab, so that a reload loses nothing. */
export class Work {
  readonly open: Signal<readonly Open[]> = signal([]);
  readonly ride: Signal<Ride | null> = signal(null);
  readonly #past: Signal<readonly Past[]>;
  /** The newest first. A quote that can no longer be booked has lost. */
  readonly past: ReadonlySignal<readonly Past[]>;

  constructor(
    private readonly api: Api,
    private readonly tell: (news: Invitation | Ride | Outcome) => void,
  ) {
    this.#past = signal(JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as readonly Past[]);
    this.past = computed(() =>
      this.#past.value.map((past) =>
        past.outcome === "quoted" && secondsUntil(past.invitation.deadline) < -SECONDS_TO_CHOOSE
          ? { ...past, outcome: "lost" as const }
          : past,
      ),
    );
  }

  readonly hear = (message: Message): void => {
    switch (message.type) {
      case "invitation":
        this.#invite(message);
        break;
      case "invitation-closed":
        this.#close(message["rfq-id"], message["completed-by"] === "cancelled" ? "cancelled" : "missed");
        if (message["completed-by"] === "cancelled") this.#settle(message["rfq-id"], "cancelled");
        break;
      case "another-chosen":
        this.#settle(message["rfq-id"], "passed-over");
        break;
      case "ride":
        this.#take(message);
        break;
      case "snapshot":
        this.#compare(message);
        break;
    }
  };

  /** The invitation by which the ride came, if it was this app that quoted. */
  invitationOf(ride: Ride): Past | null {
    return this.#past.value.find((past) => past.invitation["rfq-id"] === ride["rfq-id"]) ?? null;
  }

  async quote(invitation: Invitation, amount: string, currency: string, seconds: number): Promise<void> {
    const price = { amount, currency };
    await this.#answer(invitation, { price, "pickup-in-seconds": seconds }, { outcome: "quoted", price });
  }

  async decline(invitation: Invitation): Promise<void> {
    await this.#answer(invitation, { decline: "not-in-the-mood" }, { outcome: "declined", price: null });
  }

  complete(ride: Ride): Promise<void> {
    return this.#end(ride, ride.links.completion, "completed");
  }

  giveUp(ride: Ride): Promise<void> {
    return this.#end(ride, ride.links.cancellation, "given-up");
  }

  async #answer(invitation: Invitation, body: object, past: Omit<Past, "invitation">): Promise<void> {
    try {
      await this.api.post(invitation.links.answers, body, idempotencyKey());
    } catch (error) {
      if (error instanceof ApiError && (error.status === 410 || error.status === 404)) {
        this.#close(invitation["rfq-id"], "missed");
      }
      throw error;
    }
    this.#drop(invitation["rfq-id"]);
    this.#keep({ invitation, ...past });
  }

  async #end(ride: Ride, link: string, outcome: Outcome): Promise<void> {
    try {
      await this.api.post(link, {}, idempotencyKey());
    } catch (error) {
      const over = error instanceof ApiError && (error.status === 404 || error.status === 409);
      if (over) this.#leave(ride, "taken-back");
      throw error;
    }
    this.#leave(ride, outcome);
  }

  #invite(invitation: Invitation): void {
    const id = invitation["rfq-id"];
    const isKnown = [...this.open.value, ...this.#past.value].some(
      (each) => each.invitation["rfq-id"] === id,
    );
    if (isKnown || secondsUntil(invitation.deadline) <= 0) return;
    this.open.value = [...this.open.value, { invitation, since: Date.now() }];
    this.tell(invitation);
  }

  #take(ride: Ride): void {
    if (this.ride.value?.["ride-id"] === ride["ride-id"]) return;
    this.ride.value = ride;
    this.#change(ride["rfq-id"], "won");
    this.tell(ride);
  }

  #compare(snapshot: Schemas["SnapshotPush"]): void {
    const open = new Set(snapshot.invitations.map((invitation) => invitation["rfq-id"]));
    for (const { invitation, since } of this.open.value) {
      if (!open.has(invitation["rfq-id"]) && Date.now() - since > YOUNG)
        this.#close(invitation["rfq-id"], "missed");
    }
    for (const invitation of snapshot.invitations) this.#invite(invitation);
    const ride = this.ride.value;
    if (snapshot.ride) this.#take(snapshot.ride);
    else if (ride) this.#leave(ride, "taken-back");
  }

  /** Put away what nobody has answered in time. */
  sweep(): void {
    for (const { invitation } of this.open.value) {
      if (secondsUntil(invitation.deadline) <= 0) this.#close(invitation["rfq-id"], "missed");
    }
  }

  #leave(ride: Ride, outcome: Outcome): void {
    this.ride.value = null;
    this.#change(ride["rfq-id"], outcome);
  }

  #close(id: string, outcome: Outcome): void {
    const closed = this.open.value.find(({ invitation }) => invitation["rfq-id"] === id);
    if (!closed) return;
    this.#drop(id);
    this.#keep({ invitation: closed.invitation, outcome, price: null });
  }

  /** Note what became of a quote, if nothing is known of that yet: the message may be late, or a duplicate. */
  #settle(id: string, outcome: Outcome): void {
    const quote = this.#past.value.find((past) => past.invitation["rfq-id"] === id);
    if (quote?.outcome !== "quoted") return;
    this.#change(id, outcome);
    this.tell(outcome);
  }

  #drop(id: string): void {
    this.open.value = this.open.value.filter(({ invitation }) => invitation["rfq-id"] !== id);
  }

  #change(id: string, outcome: Outcome): void {
    this.#save(
      this.#past.value.map((past) => (past.invitation["rfq-id"] === id ? { ...past, outcome } : past)),
    );
  }

  #keep(past: Past): void {
    const others = this.#past.value.filter((each) => each.invitation["rfq-id"] !== past.invitation["rfq-id"]);
    this.#save([past, ...others].slice(0, KEPT));
  }

  #save(past: readonly Past[]): void {
    this.#past.value = past;
    sessionStorage.setItem(KEY, JSON.stringify(past));
  }
}

/** Seconds that are left to answer, as they pass. */
export function secondsLeft(invitation: Invitation): number {
  return now.value && secondsUntil(invitation.deadline);
}
