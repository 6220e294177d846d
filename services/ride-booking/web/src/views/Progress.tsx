import { Countdown } from "@wild-rydes/web/components/Countdown";
import { secondsUntil } from "@wild-rydes/web/now";
import type { ComponentChildren } from "preact";
import type { Request } from "../request";
import { text } from "../texts";

const LONGEST_SECONDS = 300;
const MOST_DOTS = 60;

/** How long is left, who has answered, and who still thinks. */
export function Progress({ request, children }: { request: Request; children?: ComponentChildren }) {
  const t = text.value.request;
  const running = request.phase.value === "running";
  const responders = request.responders.value;
  const asked = request.asked.value;
  const quoted = responders?.quoted ?? request.quotes.value.size;
  const answered = Math.max(request.received.value, quoted);
  const declined = responders?.declined ?? Math.max(0, answered - quoted);
  const silent = responders?.silent ?? Math.max(0, asked - answered);
  return (
    <section class={`progress ${running ? "" : "over"}`} aria-label={t.askedOf(asked)}>
      {running && <Ring request={request} />}
      <div class="progress-body">
        {running && asked === 0 && quoted === 0 ? (
          <p class="soft">{t.nobodyYet}</p>
        ) : (
          <>
            <Dots quoted={quoted} declined={declined} silent={silent} running={running} />
            <ul class="counts small">
              <li>
                <span class="dot quoted" aria-hidden="true" />
                {t.quoted(quoted)}
              </li>
              {declined > 0 && (
                <li>
                  <span class="dot declined" aria-hidden="true" />
                  {t.declined(declined)}
                </li>
              )}
              {silent > 0 && (
                <li data-thinking={silent}>
                  <span class={`dot ${running ? "thinking" : "silent"}`} aria-hidden="true" />
                  {running ? t.thinking(silent) : t.silent(silent)}
                </li>
              )}
            </ul>
          </>
        )}
        {children}
      </div>
    </section>
  );
}

function Ring({ request }: { request: Request }) {
  const t = text.value.request;
  const deadline = request.deadline.value;
  if (!deadline) return null;
  const since = request.createdAt.value;
  return (
    <Countdown
      left={secondsUntil(deadline)}
      whole={since ? Math.round((Date.parse(deadline) - Date.parse(since)) / 1000) : LONGEST_SECONDS}
      label={t.leftLabel}
      large
    />
  );
}

function Dots(props: { quoted: number; declined: number; silent: number; running: boolean }) {
  const kinds = [
    ...Array<string>(props.quoted).fill("quoted"),
    ...Array<string>(props.declined).fill("declined"),
    ...Array<string>(props.silent).fill(props.running ? "thinking" : "silent"),
  ].slice(0, MOST_DOTS);
  return (
    <div class="dots" aria-hidden="true">
      {kinds.map((kind, at) => (
        <span key={at} class={`dot ${kind}`} />
      ))}
    </div>
  );
}
