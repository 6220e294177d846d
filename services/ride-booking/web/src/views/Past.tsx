import { useSignal, useSignalEffect } from "@preact/signals";
import { ApiError } from "@wild-rydes/web/api";
import { Icon, type IconName } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import { dateAndTime, money } from "@wild-rydes/web/language";
import { SessionOver } from "@wild-rydes/web/session";
import { useEffect } from "preact/hooks";
import { useAround } from "../around";
import { showRoute } from "../draft";
import type { components } from "../generated/api";
import { nameOf } from "../places";
import { REQUESTS } from "../request";
import { news } from "../requests";
import { text } from "../texts";
import { ErrorNotice, Face, Loading } from "./faces";

type Summary = components["schemas"]["Summary"];
type Ride = components["schemas"]["RideBody"];
type Page = components["schemas"]["RfqList"];

/** The customer's requests, newest first, a page at a time. */
export function Past() {
  const t = text.value.past;
  const { api } = useAround();
  const found = useSignal<readonly Summary[]>([]);
  const next = useSignal<string | null>(REQUESTS);
  const busy = useSignal(false);
  const problem = useSignal<ApiError | null>(null);

  async function more() {
    const link = next.peek();
    if (link === null || busy.peek()) return;
    busy.value = true;
    problem.value = null;
    try {
      const { body } = await api.get<Page>(link);
      found.value = [...found.peek(), ...body.rfqs];
      next.value = body.links.next ?? null;
      const [newest] = found.value;
      if (newest) showRoute({ from: newest.from, to: newest.to });
    } catch (error) {
      if (error instanceof SessionOver) return;
      if (!(error instanceof ApiError)) throw error;
      problem.value = error;
    } finally {
      busy.value = false;
    }
  }

  useEffect(() => {
    showRoute(null);
    void more();
  }, []);

  /** Look again how the newest stand. */
  async function renew() {
    try {
      const { body } = await api.get<Page>(REQUESTS);
      const fresh = new Map(body.rfqs.map((rfq) => [rfq.id, rfq]));
      found.value = found.peek().map((rfq) => fresh.get(rfq.id) ?? rfq);
    } catch {
      // What is shown is as old as before.
    }
  }

  useSignalEffect(() => {
    if (!online.value) return;
    if (problem.peek()?.status === 0) void more();
    else if (found.peek().length > 0) void renew();
  });

  useSignalEffect(() => {
    if (news.value && found.peek().length > 0) void renew();
  });

  const rfqs = found.value;
  const none = rfqs.length === 0;
  return (
    <div class="past">
      <header class="view-head">
        <h1 tabIndex={-1}>{t.title}</h1>
      </header>
      {none && busy.value && <Loading>{t.loading}</Loading>}
      {none && next.value === null && (
        <Face
          icon="list"
          title={t.empty}
          actions={
            <a class="button" href="#/">
              {text.value.backToStart}
            </a>
          }
        >
          {t.emptyText}
        </Face>
      )}
      <ul class="past-list">
        {rfqs.map((rfq) => (
          <Row key={rfq.id} rfq={rfq} />
        ))}
      </ul>
      {problem.value && (online.value || problem.value.status !== 0) && (
        <ErrorNotice error={problem.value} retry={() => void more()} />
      )}
      {!none && next.value !== null && !problem.value && (
        <button type="button" class="button quiet" disabled={busy.value} onClick={() => void more()}>
          {busy.value ? t.loadingMore : t.more}
        </button>
      )}
      {!none && next.value === null && <p class="soft small end">{t.end}</p>}
    </div>
  );
}

const RIDES: Record<Ride["status"], { icon: IconName; tone: string }> = {
  pending: { icon: "clock", tone: "" },
  confirmed: { icon: "unicorn", tone: "good" },
  completed: { icon: "check", tone: "good" },
  rejected: { icon: "close", tone: "bad" },
};

function booked({ name, "responder-id": responder, price, status }: Ride): string {
  const t = text.value.past;
  return t.booked(name ?? responder, money(price.amount, price.currency), t.rides[status]);
}

function Row({ rfq }: { rfq: Summary }) {
  const t = text.value.past;
  const state = rfq.status === "running" ? "running" : (rfq["completed-by"] ?? "all-answered");
  const tones = { running: "violet", "all-answered": "good", deadline: "", cancelled: "" } as const;
  const show = () => showRoute({ from: rfq.from, to: rfq.to });
  return (
    <li>
      <a class="past-row" href={`#/requests/${rfq.id}`} onPointerEnter={show} onFocus={show}>
        <span class="past-way">
          <span class="past-from">{nameOf(rfq.from)}</span>
          <Icon name="arrow" size={16} />
          <span class="visually-hidden">{t.to}</span>
          <span class="past-to">{nameOf(rfq.to)}</span>
        </span>
        <span class="past-facts small soft">
          <span>{dateAndTime(rfq["created-at"])}</span>
          <span>{t.answers(rfq["responses-received"], rfq["responders-asked"])}</span>
        </span>
        {rfq.ride && (
          <span class={`past-ride small ${RIDES[rfq.ride.status].tone}`} data-ride={rfq.ride.status}>
            <Icon name={RIDES[rfq.ride.status].icon} size={18} />
            {booked(rfq.ride)}
          </span>
        )}
        <span class={`badge ${rfq.ride ? "" : tones[state]}`}>{t.states[state]}</span>
      </a>
    </li>
  );
}
