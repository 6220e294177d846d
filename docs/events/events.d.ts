// What Wild Rydes tells on the bus and to return addresses. Made from the contracts by `make generate`. Do not edit.

/**
 * Any event on the bus: `detail-type` tells which.
 */
export type WildRydesEvent =
  | RfqRequestedEvent
  | RfqCompletedEvent
  | QuoteAcceptedEvent
  | RideConfirmedEvent
  | RideRejectedEvent
  | RideBookedEvent
  | RideBookingFailedEvent
  | RideCompletedEvent
  | PartnerCircuitOpenedEvent
  | PartnerCircuitClosedEvent
  | FeedbackRequestedEvent
  | FeedbackReceivedEvent
  | FeedbackCorrectedEvent
  | CallbackRequestedEvent
  | CallbackDoneEvent
  | FeedbackExpiredEvent
  | InvoiceSettledEvent
  | InvoiceDisputedEvent;

/**
 * The support team is done with a call that a customer wanted. It does not say who called.
 */
export interface CallbackDone {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: CallbackDoneData;
}
/**
 * What every message says about itself.
 *
 * `correlation_id` is the id of the conversation: for an RFQ, the RFQ's id. `causation_id` is the `event_id`
 * of the message that led to this one. `reply_to`, the ARN of an SQS queue, is the return address.
 * `deadline` is the instant from which an answer no longer counts. Both are present only where an answer is
 * wanted.
 */
export interface Metadata {
  /**
   * the same each time that the same fact is told
   */
  event_id: string;
  /**
   * the version of the message
   */
  event_version: number;
  /**
   * when it happened
   */
  occurred_at: string;
  /**
   * the conversation: for an RFQ, its id
   */
  correlation_id: string;
  /**
   * the event_id of the message that led to this one
   */
  causation_id?: string;
  /**
   * the return address: the ARN of an SQS queue
   */
  reply_to?: string;
  /**
   * from when on an answer no longer counts
   */
  deadline?: string;
}
/**
 * The support team is done with a call that a customer wanted. It does not say who called.
 */
export interface CallbackDoneData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * how the call ended
   */
  outcome: "reached" | "not-reached" | "wrong-number" | "not-wanted";
  /**
   * when support was done with it
   */
  done_at: string;
}
/**
 * CallbackDone, version 1, as a rule on the bus hands it over.
 */
export interface CallbackDoneEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.feedback";
  "detail-type": "CallbackDone";
  resources: string[];
  detail: CallbackDone;
}
/**
 * The customer of a ride that went badly wants a call from the support team.
 *
 * `score` is the one that the customer has given, whatever support has put in its place.
 */
export interface CallbackRequested {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: CallbackRequestedData;
}
/**
 * The customer of a ride that went badly wants a call from the support team.
 *
 * `score` is the one that the customer has given, whatever support has put in its place.
 */
export interface CallbackRequestedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * what the customer gave
   */
  score: number;
  /**
   * when the customer asked for it
   */
  requested_at: string;
}
/**
 * CallbackRequested, version 1, as a rule on the bus hands it over.
 */
export interface CallbackRequestedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.feedback";
  "detail-type": "CallbackRequested";
  resources: string[];
  detail: CallbackRequested;
}
/**
 * A point on WGS 84, in degrees.
 */
export interface Coordinates {
  /**
   * latitude, in degrees
   */
  lat: number;
  /**
   * longitude, in degrees
   */
  lon: number;
}
/**
 * A responder's refusal, with the reason as a short code such as `too-far`, `circuit-open` or `partner-busy`.
 */
export interface Decline {
  kind: "decline";
  /**
   * who answers: a unicorn or a partner fleet
   */
  responder_id: string;
  /**
   * a short code
   */
  reason: string;
}
/**
 * The support team has put another score in the place of one, or has voided it: then `score` is absent.
 *
 * `rating` is the responder's rating after that, absent if no score is left. The one with the highest
 * `rating_revision` is the newest, in whatever order this and FeedbackReceived arrive.
 */
export interface FeedbackCorrected {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: FeedbackCorrectedData;
}
/**
 * The support team has put another score in the place of one, or has voided it: then `score` is absent.
 *
 * `rating` is the responder's rating after that, absent if no score is left. The one with the highest
 * `rating_revision` is the newest, in whatever order this and FeedbackReceived arrive.
 */
export interface FeedbackCorrectedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * the one that counts, absent if none does
   */
  score?: number;
  rating?: Rating;
  /**
   * of two, the higher is newer
   */
  rating_revision: number;
  /**
   * when it was corrected
   */
  corrected_at: string;
}
/**
 * The scores of one responder at one moment: how many, and their sum.
 */
export interface Rating {
  /**
   * how many scores
   */
  count: number;
  /**
   * their sum
   */
  total: number;
}
/**
 * FeedbackCorrected, version 1, as a rule on the bus hands it over.
 */
export interface FeedbackCorrectedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.feedback";
  "detail-type": "FeedbackCorrected";
  resources: string[];
  detail: FeedbackCorrected;
}
/**
 * The customer of a ride was asked for a score, and the conversation ended without one.
 */
export interface FeedbackExpired {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: FeedbackExpiredData;
}
/**
 * The customer of a ride was asked for a score, and the conversation ended without one.
 */
export interface FeedbackExpiredData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * why there is no score
   */
  reason: "no-answer" | "not-understood" | "opted-out" | "undeliverable";
  /**
   * when the conversation ended
   */
  expired_at: string;
}
/**
 * FeedbackExpired, version 1, as a rule on the bus hands it over.
 */
export interface FeedbackExpiredEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.feedback";
  "detail-type": "FeedbackExpired";
  resources: string[];
  detail: FeedbackExpired;
}
/**
 * The customer of a ride gave a score. Each time that it is corrected, a FeedbackCorrected follows.
 *
 * `rating` is the responder's rating, this score included. Without `rating_revision` its count is the revision.
 */
export interface FeedbackReceived {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: FeedbackReceivedData;
}
/**
 * The customer of a ride gave a score. Each time that it is corrected, a FeedbackCorrected follows.
 *
 * `rating` is the responder's rating, this score included. Without `rating_revision` its count is the revision.
 */
export interface FeedbackReceivedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * what the customer gave
   */
  score: number;
  rating: Rating;
  /**
   * of two, the higher is newer
   */
  rating_revision?: number;
  /**
   * when the score came
   */
  received_at: string;
}
/**
 * FeedbackReceived, version 1, as a rule on the bus hands it over.
 */
export interface FeedbackReceivedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.feedback";
  "detail-type": "FeedbackReceived";
  resources: string[];
  detail: FeedbackReceived;
}
/**
 * The customer of a ride has been asked for a score. FeedbackReceived or FeedbackExpired follows.
 */
export interface FeedbackRequested {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: FeedbackRequestedData;
}
/**
 * The customer of a ride has been asked for a score. FeedbackReceived or FeedbackExpired follows.
 */
export interface FeedbackRequestedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * when the customer was asked
   */
  requested_at: string;
}
/**
 * FeedbackRequested, version 1, as a rule on the bus hands it over.
 */
export interface FeedbackRequestedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.feedback";
  "detail-type": "FeedbackRequested";
  resources: string[];
  detail: FeedbackRequested;
}
/**
 * An invoice is wrong for certain, so nothing of it is paid. Its partner has to send another one.
 */
export interface InvoiceDisputed {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: InvoiceDisputedData;
}
/**
 * An invoice is wrong for certain, so nothing of it is paid. Its partner has to send another one.
 */
export interface InvoiceDisputedData {
  /**
   * the document that it came in
   */
  invoice_id: string;
  /**
   * the partner fleet that sent it
   */
  partner_id: string;
  /**
   * what it came with, as the partner calls it
   */
  batch: string;
  amount?: Money;
  /**
   * by when, if that could be read
   */
  due?: string;
  /**
   * what is wrong, each once
   *
   * @minItems 1
   * @maxItems 100
   */
  reasons: [string, ...string[]];
  /**
   * the rides that are wrong, the first 1,000
   *
   * @maxItems 1000
   */
  ride_ids: string[];
}
/**
 * An amount, written as a decimal string with two places, and its ISO 4217 currency code.
 *
 * The amount is a multiple of the currency's smallest: yen have no hundredths.
 */
export interface Money {
  /**
   * with two decimal places
   */
  amount: string;
  /**
   * ISO 4217 code
   */
  currency: string;
}
/**
 * InvoiceDisputed, version 1, as a rule on the bus hands it over.
 */
export interface InvoiceDisputedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.settlement";
  "detail-type": "InvoiceDisputed";
  resources: string[];
  detail: InvoiceDisputed;
}
/**
 * An invoice is to be paid: each of its rides was owed at this price, and is settled now.
 */
export interface InvoiceSettled {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: InvoiceSettledData;
}
/**
 * An invoice is to be paid: each of its rides was owed at this price, and is settled now.
 */
export interface InvoiceSettledData {
  /**
   * the document that it came in
   */
  invoice_id: string;
  /**
   * the partner fleet that sent it
   */
  partner_id: string;
  /**
   * what it came with, as the partner calls it
   */
  batch: string;
  amount: Money;
  /**
   * by when
   */
  due: string;
  /**
   * how many rides it settles
   */
  rides: number;
  /**
   * the rides, the first 1,000 of them
   *
   * @minItems 1
   * @maxItems 1000
   */
  ride_ids: [string, ...string[]];
}
/**
 * InvoiceSettled, version 1, as a rule on the bus hands it over.
 */
export interface InvoiceSettledEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.settlement";
  "detail-type": "InvoiceSettled";
  resources: string[];
  detail: InvoiceSettled;
}
/**
 * Calls to a partner flow again.
 */
export interface PartnerCircuitClosed {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: PartnerCircuitClosedData;
}
/**
 * Calls to a partner flow again.
 */
export interface PartnerCircuitClosedData {
  /**
   * the partner fleet
   */
  partner_id: string;
  /**
   * for people: what was counted, or why a person set a mode
   */
  reason: string;
  /**
   * when calls flowed again
   */
  closed_at: string;
}
/**
 * PartnerCircuitClosed, version 1, as a rule on the bus hands it over.
 */
export interface PartnerCircuitClosedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.unicorn-mgmt";
  "detail-type": "PartnerCircuitClosed";
  resources: string[];
  detail: PartnerCircuitClosed;
}
/**
 * Calls to a partner have stopped, because it fails or because a person stopped them.
 *
 * The partner is probed at `retry_at`, and again after each probe that fails.
 */
export interface PartnerCircuitOpened {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: PartnerCircuitOpenedData;
}
/**
 * Calls to a partner have stopped, because it fails or because a person stopped them.
 *
 * The partner is probed at `retry_at`, and again after each probe that fails.
 */
export interface PartnerCircuitOpenedData {
  /**
   * the partner fleet
   */
  partner_id: string;
  /**
   * for people: what was counted, or why a person set a mode
   */
  reason: string;
  /**
   * when calls stopped
   */
  opened_at: string;
  /**
   * when the partner is probed
   */
  retry_at: string;
}
/**
 * PartnerCircuitOpened, version 1, as a rule on the bus hands it over.
 */
export interface PartnerCircuitOpenedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.unicorn-mgmt";
  "detail-type": "PartnerCircuitOpened";
  resources: string[];
  detail: PartnerCircuitOpened;
}
/**
 * A responder's offer for the whole ride, to be accepted before `valid_until`.
 *
 * Without `valid_until` the offer holds for the time that the requester usually gives its customers to
 * choose. `rating` is present once customers have scored the responder.
 */
export interface Quote {
  kind: "quote";
  /**
   * who answers: a unicorn or a partner fleet
   */
  responder_id: string;
  /**
   * what customers are shown
   */
  display_name?: string;
  price: Money;
  /**
   * how long until it is at the start
   */
  pickup_in_seconds: number;
  /**
   * when the offer ends
   */
  valid_until?: string;
  rating?: Rating;
}
/**
 * A customer accepts a quote. Its responder confirms or rejects the ride.
 *
 * The service that owns the responder publishes RideConfirmed or RideRejected. From `metadata.deadline` on
 * the customer no longer waits: a consumer drops a message that it reads later, and RideBookingFailed
 * follows. `time_zone` is that of the place where the ride will end, absent where there is none.
 */
export interface QuoteAccepted {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: QuoteAcceptedData;
}
/**
 * A customer accepts a quote. Its responder confirms or rejects the ride.
 *
 * The service that owns the responder publishes RideConfirmed or RideRejected. From `metadata.deadline` on
 * the customer no longer waits: a consumer drops a message that it reads later, and RideBookingFailed
 * follows. `time_zone` is that of the place where the ride will end, absent where there is none.
 */
export interface QuoteAcceptedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the RFQ that it was booked from
   */
  rfq_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  price: Money;
  /**
   * IANA time zone
   */
  time_zone?: string;
}
/**
 * QuoteAccepted, version 1, as a rule on the bus hands it over.
 */
export interface QuoteAcceptedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.ride-booking";
  "detail-type": "QuoteAccepted";
  resources: string[];
  detail: QuoteAccepted;
}
/**
 * How the responders of an RFQ behaved: asked = quoted + declined + silent.
 *
 * `late` counts the answers that came after the RFQ was closed.
 */
export interface ResponderCounts {
  /**
   * all that were asked
   */
  asked: number;
  /**
   * those that made an offer
   */
  quoted: number;
  /**
   * those that refused
   */
  declined: number;
  /**
   * those that did not answer
   */
  silent: number;
  /**
   * answers after the end
   */
  late: number;
}
/**
 * An RFQ is closed. No further answer will be shown.
 */
export interface RfqCompleted {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RfqCompletedData;
}
/**
 * An RFQ is closed. No further answer will be shown.
 */
export interface RfqCompletedData {
  /**
   * the RFQ
   */
  rfq_id: string;
  /**
   * what has closed it
   */
  completed_by: "all-answered" | "deadline" | "cancelled";
  /**
   * when it was closed
   */
  completed_at: string;
  responders: ResponderCounts;
}
/**
 * RfqCompleted, version 1, as a rule on the bus hands it over.
 */
export interface RfqCompletedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.ride-booking";
  "detail-type": "RfqCompleted";
  resources: string[];
  detail: RfqCompleted;
}
/**
 * Someone wants quotes for a ride.
 *
 * Answer with an `RfqResponse` to `metadata.reply_to` before `metadata.deadline`, and with the same
 * `metadata.correlation_id`. The message does not say who wants the quotes: only ride-booking knows.
 */
export interface RfqRequested {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
    /**
     * the return address: the ARN of an SQS queue
     */
    reply_to: string;
    /**
     * from when on an answer no longer counts
     */
    deadline: string;
  };
  data: RfqRequestedData;
}
/**
 * Someone wants quotes for a ride.
 *
 * Answer with an `RfqResponse` to `metadata.reply_to` before `metadata.deadline`, and with the same
 * `metadata.correlation_id`. The message does not say who wants the quotes: only ride-booking knows.
 */
export interface RfqRequestedData {
  /**
   * the RFQ
   */
  rfq_id: string;
  start: Coordinates;
  destination: Coordinates;
}
/**
 * RfqRequested, version 1, as a rule on the bus hands it over.
 */
export interface RfqRequestedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: string;
  "detail-type": "RfqRequested";
  resources: string[];
  detail: RfqRequested;
}
/**
 * What a responder service sends to the return address.
 *
 * `asked` names every responder that the sender asked. A sender that only answers leaves it out. `asked` and
 * `answers` are independent facts, which may arrive in any order. Their union counts when the RFQ closes.
 */
export interface RfqResponse {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RfqResponseData;
}
/**
 * What a responder service sends to the return address.
 *
 * `asked` names every responder that the sender asked. A sender that only answers leaves it out. `asked` and
 * `answers` are independent facts, which may arrive in any order. Their union counts when the RFQ closes.
 */
export interface RfqResponseData {
  /**
   * every responder that the sender asked
   *
   * @maxItems 200
   */
  asked?: string[];
  /**
   * what they answered: a quote or a decline each
   *
   * @maxItems 200
   */
  answers: (Quote | Decline)[];
}
/**
 * A ride is booked: customer and responder have both agreed.
 */
export interface RideBooked {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RideBookedData;
}
/**
 * A ride is booked: customer and responder have both agreed.
 */
export interface RideBookedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the RFQ that it was booked from
   */
  rfq_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
}
/**
 * RideBooked, version 1, as a rule on the bus hands it over.
 */
export interface RideBookedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.ride-booking";
  "detail-type": "RideBooked";
  resources: string[];
  detail: RideBooked;
}
/**
 * A booking has failed for good. A responder that was reserved for the ride is free again.
 */
export interface RideBookingFailed {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RideBookingFailedData;
}
/**
 * A booking has failed for good. A responder that was reserved for the ride is free again.
 */
export interface RideBookingFailedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the RFQ that it was booked from
   */
  rfq_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * a short code
   */
  reason: string;
}
/**
 * RideBookingFailed, version 1, as a rule on the bus hands it over.
 */
export interface RideBookingFailedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.ride-booking";
  "detail-type": "RideBookingFailed";
  resources: string[];
  detail: RideBookingFailed;
}
/**
 * A ride is over: the customer has arrived.
 *
 * `time_zone` is that of the place, as QuoteAccepted told it: the customer is probably still there.
 */
export interface RideCompleted {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RideCompletedData;
}
/**
 * A ride is over: the customer has arrived.
 *
 * `time_zone` is that of the place, as QuoteAccepted told it: the customer is probably still there.
 */
export interface RideCompletedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the RFQ that it was booked from
   */
  rfq_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * the customer, as the user directory has it
   */
  customer_id: string;
  /**
   * when the customer arrived
   */
  completed_at: string;
  /**
   * IANA time zone
   */
  time_zone?: string;
}
/**
 * RideCompleted, version 1, as a rule on the bus hands it over.
 */
export interface RideCompletedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.unicorn-mgmt";
  "detail-type": "RideCompleted";
  resources: string[];
  detail: RideCompleted;
}
/**
 * The responder takes the ride, and no other until this one is over.
 */
export interface RideConfirmed {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RideConfirmedData;
}
/**
 * The responder takes the ride, and no other until this one is over.
 */
export interface RideConfirmedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the RFQ that it was booked from
   */
  rfq_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
}
/**
 * RideConfirmed, version 1, as a rule on the bus hands it over.
 */
export interface RideConfirmedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.unicorn-mgmt";
  "detail-type": "RideConfirmed";
  resources: string[];
  detail: RideConfirmed;
}
/**
 * The responder does not take the ride, or gives it up.
 */
export interface RideRejected {
  metadata: Metadata & {
    /**
     * the version of the message
     */
    event_version: 1;
  };
  data: RideRejectedData;
}
/**
 * The responder does not take the ride, or gives it up.
 */
export interface RideRejectedData {
  /**
   * the ride
   */
  ride_id: string;
  /**
   * the RFQ that it was booked from
   */
  rfq_id: string;
  /**
   * the unicorn or partner fleet
   */
  responder_id: string;
  /**
   * a short code
   */
  reason: string;
}
/**
 * RideRejected, version 1, as a rule on the bus hands it over.
 */
export interface RideRejectedEvent {
  version: string;
  id: string;
  account: string;
  time: string;
  region: string;
  "replay-name"?: string;
  source: "wildrydes.unicorn-mgmt";
  "detail-type": "RideRejected";
  resources: string[];
  detail: RideRejected;
}
