/** Says since when all that is shown is no longer fresh. */
import { useEffect, useState } from "preact/hooks";
import { asOf, connection, stale } from "./live";
import { Said } from "./parts";
import { age, clock } from "./words";

export const SAID = {
  connecting: "connecting",
  live: "live",
  lost: "connection lost, trying again",
  silent: "nothing new comes",
  unreachable: "the cloud does not answer",
};
const WHY = {
  connecting: "The control room is asked again.",
  live: "",
  lost: "The control room does not answer. It ends with the local cloud, which `make run` starts, or with its own `rydes control-room`.",
  silent: "The control room is there, and tells nothing new: it waits for an answer of the cloud.",
  unreachable: "The control room is there, and the cloud does not answer it.",
};

export function Stale() {
  const [now, setNow] = useState(Date.now());
  const shown = stale.value;
  useEffect(() => {
    if (!shown) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [shown]);
  if (!shown) return null;
  return (
    <p class="stale">
      <strong>
        As of <time class="numbers">{clock(asOf.value)}</time>, {age((now - asOf.value) / 1000)} ago.
      </strong>{" "}
      <Said text={WHY[connection.value]} />
    </p>
  );
}
