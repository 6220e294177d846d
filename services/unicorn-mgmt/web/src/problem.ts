import { ApiError } from "@wild-rydes/web/api";
import { SessionOver } from "@wild-rydes/web/session";
import { words } from "./texts";

/** What to tell somebody about an error. Nothing if the session is over: the sign-in says so. */
export function explain(error: unknown): string {
  const t = words.value.problems;
  if (error instanceof SessionOver) return "";
  if (!(error instanceof ApiError)) return t.unknown(null);
  switch (error.status) {
    case 0:
    case 503:
      return t.unreachable;
    case 400:
      return t.fields;
    case 403:
      return t.forbidden;
    case 404:
    case 410:
      return t.late;
    case 409:
      return t.otherwise;
    case 429:
      return t.busy(error.retryAfter ?? 5);
    default:
      return t.unknown(error.reference);
  }
}
