import { useSignal } from "@preact/signals";
import type { ApiError, FieldProblem } from "@wild-rydes/web/api";
import { Icon, type IconName } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import { duration } from "@wild-rydes/web/language";
import { now } from "@wild-rydes/web/now";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { text } from "../texts";

interface FaceProps {
  readonly icon: IconName;
  readonly title: string;
  readonly tone?: "plain" | "good" | "warn" | "bad";
  readonly level?: 1 | 2;
  readonly actions?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** What a state looks like in which there is nothing else to see: what it is, and what to do about it. */
export function Face({ icon, title, tone = "plain", level = 2, actions, children }: FaceProps) {
  const Title = level === 1 ? "h1" : "h2";
  return (
    <div class={`face ${tone}`}>
      <span class="face-icon">
        <Icon name={icon} size={28} />
      </span>
      <Title tabIndex={-1}>{title}</Title>
      {children && <p class="soft">{children}</p>}
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

export function Loading({ children }: { children: ComponentChildren }) {
  return (
    <p class="loading soft" role="status">
      <span class="spinner" aria-hidden="true" />
      {children}
    </p>
  );
}

/** Something that support asks for, and a button that copies it. */
export function Reference({ id }: { id: string }) {
  const t = text.value.error;
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id).then(
      () => {
        copied.value = true;
      },
      () => {}, // the text can still be marked
    );
  };
  return (
    <p class="reference small">
      {t.reference}
      <br />
      <code>{id}</code>
      <button type="button" class="link-button" onClick={() => void copy()}>
        {copied.value ? t.copied : t.copy}
      </button>
    </p>
  );
}

interface Explained {
  readonly error: ApiError;
  /** What this page knows better than the status. */
  readonly say?: string | undefined;
  /** What support finds the request by, unless the error says it. */
  readonly reference?: string | undefined;
  readonly retry?: () => void;
}

/** What went wrong, what to do, and what to tell support. */
export function ErrorNotice({ error, say, reference, retry }: Explained) {
  const t = text.value.error;
  const until = useMemo(() => Date.now() + (error.retryAfter ?? 0) * 1000, [error]);
  const left = error.retryAfter === null ? 0 : (until - now.value) / 1000;
  const offline = useMemo(() => !online.peek(), [error]);
  const id = error.reference ?? reference;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    <div
      ref={box}
      class={`notice ${error.status === 0 || error.status === 429 ? "warn" : "bad"}`}
      role="alert"
    >
      <Icon name={error.status === 0 ? "off" : error.status === 429 ? "clock" : "alert"} />
      <div class="notice-body">
        <p>{say ?? (offline && error.status === 0 ? t.offline : explain(error, left))}</p>
        {error.status >= 500 && id && <Reference id={id} />}
        {retry && left <= 0 && (
          <button type="button" class="button quiet small" onClick={retry}>
            <Icon name="refresh" size={16} />
            {t.retry}
          </button>
        )}
      </div>
    </div>
  );
}

/** What an error means, in the customer's language. The API's own words are for what nobody has thought of here. */
export function explain(error: ApiError, left = 0): string {
  const t = text.value.error;
  if (error.status === 0) return t.noAnswer;
  if (error.status === 429) {
    const time = duration(left, "long");
    if (left <= 0) return t.throttledNow;
    return error.code === "too-many-open" ? t.tooManyOpen(time) : t.throttled(time);
  }
  const known = t.codes[error.code as keyof typeof t.codes];
  if (known) return known;
  if (error.status === 403) return t.forbidden;
  if (error.status >= 500) return error.reading ? t.serverReading : t.server;
  if (error.status === 404) return t.codes["unknown-rfq"];
  return error.fields.length > 0 ? t.invalid : error.detail;
}

/** What is wrong with a place that somebody has chosen. */
export function explainField({ field, detail }: FieldProblem): string {
  const t = text.value.ask;
  if (field === "to") return t.missing.same;
  if (field.endsWith(".label")) return t.wrongName;
  if (field.endsWith(".lat") || field.endsWith(".lon")) return t.wrongPoint;
  return detail;
}
