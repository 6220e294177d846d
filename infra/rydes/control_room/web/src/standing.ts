/** How a circuit stands, and why, in a sentence. */
import type { Circuit } from "./api";
import { age, clock } from "./words";

const ORDERED: Record<string, string> = {
  FORCED_OPEN: "has forced it open",
  DISABLED: "has disabled it",
  METRICS_ONLY: "has it only measure",
};
const SET_BEFORE = /^(AUTO|FORCED_OPEN|DISABLED|METRICS_ONLY): (.*)$/s;

export function standing(circuit: Circuit, now: number): string {
  const since = circuit.since ? age((now - Date.parse(circuit.since)) / 1000) : "";
  if (circuit.set) {
    const { actor, reason, until } = circuit.set;
    const end = until ? `until ${clock(Date.parse(until))}` : "until somebody lifts it";
    return `${actor} ${ORDERED[circuit.mode] ?? "has set its mode"}, ${end}: “${reason}”.`;
  }
  const [, mode, why] = SET_BEFORE.exec(circuit.reason) ?? [];
  const retry = circuit["retry-at"] ? Date.parse(circuit["retry-at"]) : 0;
  const next = retry
    ? ` It is tried again ${retry > now ? `at ${clock(retry)}` : "with the next call"}.`
    : "";
  if (mode === "AUTO") {
    return `${circuit.by || "Somebody"} has left it to the breaker, ${since} ago${why ? `: “${why}”` : ""}.${next}`;
  }
  if (mode) return `The order of ${circuit.by || "somebody"} is over: “${why}”.${next}`;
  if (!since) return circuit.reason ? `${circuit.reason}.` : "It has never opened.";
  const because = circuit.reason ? `: ${circuit.reason.replace(/^probes: /, "of the probes, ")}` : "";
  switch (circuit.state) {
    case "OPEN":
      return `Opened ${since} ago${because}.${next}`;
    case "HALF_OPEN":
      return `For ${since} a few calls have tried whether it is well again.`;
    default:
      return `Closed ${since} ago${because}.`;
  }
}
