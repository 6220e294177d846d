import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import type { ApiError } from "@wild-rydes/web/api";
import { Icon } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import type { LineState } from "@wild-rydes/web/line";
import { route } from "@wild-rydes/web/route";
import { useRef } from "preact/hooks";
import type { Place } from "../places";
import { nameOf } from "../places";
import type { Request, Route } from "../request";
import { current } from "../requests";
import { text } from "../texts";
import { ErrorNotice } from "./faces";

interface Connection {
  readonly line: ReadonlySignal<LineState>;
  /** What the API has answered instead of news. */
  readonly trouble: ApiError | null;
}

/** Whether news arrive live. Screen readers hear when the line is lost, and when it is back. */
export function LiveBadge({ line, trouble }: Connection) {
  const t = text.value.line;
  const wasLost = useRef(false);
  useSignalEffect(() => {
    const state = line.value;
    if (state === "lost" && online.value) announce(text.peek().line.lostText);
    if (state === "live" && wasLost.current) announce(text.peek().line.back);
    wasLost.current = state === "lost";
  });
  if (!online.value || trouble) return null; // which is said elsewhere, once
  const kinds = { live: "good", connecting: "", lost: "warn" } as const;
  return (
    <span class={`badge line-badge ${kinds[line.value]}`} data-line={line.value}>
      <span class="dot" aria-hidden="true" />
      {t[line.value]}
    </span>
  );
}

interface ConnectionNoticeProps extends Connection {
  /** Whether there is anything to wait for. */
  readonly open: boolean;
  readonly reference: string;
  readonly retry: () => void;
}

/** The one thing to say about the connection, unless that is nothing, or that the device has none. */
export function ConnectionNotice({ line, trouble, open, reference, retry }: ConnectionNoticeProps) {
  const t = text.value.line;
  if (trouble && (online.value || trouble.status !== 0)) {
    const say = trouble.status === 0 ? t.unreachable : undefined;
    return <ErrorNotice error={trouble} say={say} reference={reference} retry={retry} />;
  }
  if (!open || line.value !== "lost" || !online.value) return null;
  return (
    <p class="notice warn">
      <Icon name="refresh" />
      {t.lostText}
    </p>
  );
}

/** That the device has no network, and what that means for what is shown. */
export function OfflineNotice() {
  const t = text.value.line;
  const [page = ""] = route.value;
  if (online.value) return null;
  return (
    <div class="offline" role="status">
      <Icon name="off" />
      <p>
        <strong>{t.offline}.</strong> {t.offlineText[page === "" ? "ask" : meaning(current.value)]}
      </p>
    </div>
  );
}

function meaning(request: Request | null): "running" | "booking" | "other" {
  if (request?.phase.value === "running") return "running";
  return request?.booking.wish.value ? "booking" : "other";
}

/** From where to where, in two lines. */
export function RouteLines({ route }: { route: Route | null }) {
  const t = text.value.map;
  if (!route) return null;
  return (
    <dl class="route">
      <End kind="from" term={t.start} place={route.from} />
      <End kind="to" term={t.destination} place={route.to} />
    </dl>
  );
}

function End({ kind, term, place }: { kind: string; term: string; place: Place }) {
  return (
    <div class={`route-end ${kind}`}>
      <dt class="visually-hidden">{term}</dt>
      <dd>{nameOf(place)}</dd>
    </div>
  );
}
