import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { Icon } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import type { LineState } from "@wild-rydes/web/line";
import { useRef } from "preact/hooks";
import type { Place } from "../places";
import { nameOf } from "../places";
import type { Route } from "../request";
import { text } from "../texts";

/** Whether news arrive live. Screen readers hear when the line is lost, and when it is back. */
export function LiveBadge({ line }: { line: ReadonlySignal<LineState> }) {
  const t = text.value.line;
  const wasLost = useRef(false);
  useSignalEffect(() => {
    const state = line.value;
    if (state === "lost") announce(text.peek().line.lostText);
    if (state === "live" && wasLost.current) announce(text.peek().line.back);
    wasLost.current = state === "lost";
  });
  const kinds = { live: "good", connecting: "", lost: "warn" } as const;
  return (
    <span class={`badge line-badge ${kinds[line.value]}`} data-line={line.value}>
      <span class="dot" aria-hidden="true" />
      {t[line.value]}
    </span>
  );
}

export function LostNotice({ line }: { line: ReadonlySignal<LineState> }) {
  const t = text.value.line;
  if (line.value !== "lost" || !online.value) return null;
  return (
    <p class="notice warn">
      <Icon name="refresh" />
      {t.lostText}
    </p>
  );
}

export function OfflineNotice() {
  const t = text.value.line;
  if (online.value) return null;
  return (
    <div class="offline" role="status">
      <Icon name="off" />
      <p>
        <strong>{t.offline}.</strong> {t.offlineText}
      </p>
    </div>
  );
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
