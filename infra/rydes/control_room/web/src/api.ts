/** The control room's API, as `infra/rydes/control_room/answers.py` answers it. */

export interface ArchitectureNode {
  id: string;
  kind:
    | "api"
    | "bus"
    | "dead-letter"
    | "function"
    | "outside"
    | "parking"
    | "partner"
    | "queue"
    | "rule"
    | "schedule"
    | "socket"
    | "table"
    | "topic";
  name: string;
  service: string;
  /** Of a queue: seconds for which it hides a message that somebody has in hand. */
  hides_for: number | null;
}

export interface ArchitectureEdge {
  source: string;
  target: string;
  kind: string;
}

export interface Architecture {
  version: string;
  nodes: ArchitectureNode[];
  edges: ArchitectureEdge[];
}

export interface System {
  local: boolean;
  environment: string;
  refuses: string | null;
}

export interface Rfq {
  id: string;
  began: number;
  status: "running" | "completed";
  completed_by: string;
  asked: number;
  quoted: number;
  declined: number;
  silent: number;
  first_quote_ms: number | null;
  rfq_ms: number | null;
  ride: string;
  service: string;
}

export interface Figures {
  minutes: number;
  rfqs: number;
  rfqs_a_minute: number;
  running: number;
  first_quote_ms: number | null;
  completion_ms: number | null;
  all_answered: number | null;
  quotes_each: number | null;
  rides: number;
}

export interface Hop {
  at: number;
  path: string[];
  what: string;
  rfq: string;
}

/** Messages that wait, that somebody has received, and that are delayed. */
export type Depth = [number, number, number];

export interface Tick {
  at: number;
  /** The version of the architecture. */
  picture: string;
  hops: Hop[];
  alerts: { node: string; level: string; at: number }[];
  rfqs: Rfq[];
  depths: Record<string, Depth>;
  circuits: Record<string, { state: string; mode: string }>;
  /** What is broken on purpose, in a word or two, by nodes. */
  faults: Record<string, string>;
  figures: Figures;
}

export interface LogLine {
  at: number;
  level: string;
  text: string;
  rfq: string | null;
}

export interface Step {
  at: number;
  ms: number;
  took_ms: number;
  began_ms: number;
  wait_ms: number | null;
  service: string;
  function: string;
  what: string;
  /** Which message the line is about, and whether such messages pass the bus. */
  message: string | null;
  on_bus: boolean;
  details: Record<string, unknown>;
  level: string;
  queue: string | null;
  cold: boolean;
  count: number;
}

export interface BusEvent {
  type: string;
  source: string;
  at: string;
  event_id: string;
  body: unknown;
}

export interface Timeline {
  /** The whole id, though only its end was asked for. */
  id: string;
  /** Ids that end as was asked, if there are more than one. */
  choices: string[];
  steps: Step[];
  events: BusEvent[];
}

export interface DeadLetter {
  id: string;
  queue: string;
  source: string;
  type: string;
  correlation_id: string;
  parked_at: string;
  age_seconds: number;
  attempts: number | null;
  replays: number;
  error: string | null;
  kind: string | null;
  reason: string;
  problems: { path: string; expected: string }[] | null;
  way_back: string;
  /** What to type about it, if a replay does not help. */
  commands: { does: string; command: string }[];
  body: unknown;
}

export interface Plan {
  plan: string;
  messages: { id: string; to: string | null; stays: string | null }[];
}

export interface Outcome {
  moved: Record<string, string>;
  stayed: Record<string, string>;
}

export interface OperationFigures {
  calls: number;
  refused: number;
  ours: number;
  "failure-rate": number | null;
  "slow-rate": number | null;
  "p50-ms": number | null;
  "p90-ms": number | null;
  "p99-ms": number | null;
}

export interface Circuit {
  id: string;
  name: string;
  state: "CLOSED" | "OPEN" | "HALF_OPEN";
  since: string | null;
  reason: string;
  by: string;
  "retry-at": string | null;
  mode: string;
  set: { actor: string; reason: string; until: string | null } | null;
  operations: Record<string, OperationFigures>;
  settings: Record<string, number>;
  row: number;
  poll: string | null;
  probes: number;
  calls: {
    at: number;
    operation: string;
    outcome: string;
    ms: number;
    made: boolean;
    failed: boolean;
    rfq: string;
  }[];
}

export interface CatalogueEntry {
  id: string;
  name: string;
  version: number;
  summary: string;
  details: string;
  source: string | null;
  useful_life: string | null;
  answered_with: string | null;
  producers: string[];
  consumers: { service: string; rule: string; queue: string; function: string }[];
  unheard: string;
  fields: { name: string; type: string; required: boolean; bounds: string; meaning: string }[];
  schema: unknown;
  example: unknown;
}

export interface Conversations {
  phones: {
    phone: string;
    messages: { id: string; ours: boolean; at: number; parts: number; text: string }[];
  }[];
  figures: {
    minutes: number;
    asked: number;
    answered: Share;
    delivered: Share;
    "opted-out": Share;
    csat: Share;
    scores: Record<string, number>;
    cost: number;
    calls: Record<string, number>;
  };
}

export interface Share {
  count: number;
  of: number;
  percent: number | null;
}

export interface Faults {
  misdeeds: string[];
  partners: { id: string; name: string; fault: string }[];
  tables: { name: string; throttle: { share: number; until: number } | null }[];
  /** `again_after` are the seconds until what a killed worker had in hand comes again by its queue, if it reads one. */
  workers: { name: string; count: number; again_after: number | null }[];
  queues: string[];
}

/** What the server says is wrong, and the way out. */
export class Refused extends Error {
  constructor(
    problem: string,
    readonly wayOut: string,
    readonly status: number,
  ) {
    super(problem);
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const said: RequestInit = { method, credentials: "same-origin" };
  if (method !== "GET") {
    said.headers = { "Content-Type": "application/json" };
    said.body = JSON.stringify(body ?? {});
  }
  let answer: Response;
  try {
    answer = await fetch(path, said);
  } catch {
    throw new Refused("The control room does not answer.", "Is the local cloud still up?", 0);
  }
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.problem, told.way_out, answer.status);
  return told;
}

const part = encodeURIComponent;

export const api = {
  system: () => call<System>("GET", "api/system"),
  architecture: () => call<Architecture>("GET", "api/architecture"),
  lines: (node: string) => call<{ lines: LogLine[] }>("GET", `api/nodes/${part(node)}`),
  rfqs: () => call<{ rfqs: Rfq[] }>("GET", "api/rfqs"),
  timeline: (id: string) => call<Timeline>("GET", `api/rfqs/${part(id)}`),
  deadLetters: () =>
    call<{ messages: DeadLetter[]; unseen: Record<string, number> }>("GET", "api/dead-letters"),
  plan: (queue: string, ids: string[]) => call<Plan>("POST", "api/replays", { queue, ids }),
  carryOut: (plan: string) => call<Outcome>("POST", `api/replays/${part(plan)}`),
  circuits: () => call<{ circuits: Circuit[] }>("GET", "api/circuits"),
  setMode: (partner: string, mode: string, reason: string, lasts: string) =>
    call<{ circuits: Circuit[] }>("PUT", `api/circuits/${part(partner)}`, { mode, reason, for: lasts }),
  events: () => call<{ events: CatalogueEntry[] }>("GET", "api/events"),
  sendExample: (id: string) =>
    call<{ event_id: string; correlation_id: string }>("POST", `api/events/${part(id)}/examples`),
  conversations: () => call<Conversations>("GET", "api/conversations"),
  askForRides: (count: number) => call<{ rfqs: string[] }>("POST", "api/rides", { count }),
  faults: () => call<Faults>("GET", "api/faults"),
  breakPartner: (id: string, fault: string) =>
    call<Faults>("PUT", `api/faults/partners/${part(id)}`, { fault }),
  throttle: (table: string, share: number) =>
    call<Faults>("PUT", `api/faults/tables/${part(table)}`, { share }),
  kill: (name: string) => call<{ killed: number }>("POST", `api/faults/workers/${part(name)}`),
  poison: (queue: string) => call<{ sent: boolean }>("POST", `api/faults/poison/${part(queue)}`),
  park: () =>
    call<{ type: string; queue: string; correlation_id: string }>("POST", "api/faults/dead-letters"),
};
