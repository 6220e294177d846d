/** What somebody has done on this page, and what came of it: told in a place of its own, so that nothing moves. */
import "./styles/deeds.css";
import { useState } from "preact/hooks";
import { Refused } from "./api";
import { Said } from "./parts";
import { clock } from "./words";

const KEPT = 20;

export interface Deed {
  n: number;
  at: number;
  said: string;
  bad: boolean;
}

/** Do something that says what it has done, or is refused. The newest deed is the first. */
export function useDeeds(): [Deed[], (act: () => Promise<string>) => Promise<void>] {
  const [deeds, setDeeds] = useState<Deed[]>([]);
  const tell = (said: string, bad: boolean) =>
    setDeeds((all) => [{ n: (all[0]?.n ?? 0) + 1, at: Date.now(), said, bad }, ...all].slice(0, KEPT));
  const run = async (act: () => Promise<string>) => {
    try {
      tell(await act(), false);
    } catch (error) {
      tell(error instanceof Refused ? `${error.message} ${error.wayOut}` : String(error), true);
    }
  };
  return [deeds, run];
}

export function Deeds({ of }: { of: Deed[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div class="deeds" role="log" tabIndex={0} aria-label="What you have done">
      {of.length === 0 && <p class="soft">What you do here is told in this place.</p>}
      {of.map(({ n, at, said, bad }) => (
        <p key={n} class={bad ? "bad" : ""}>
          <time class="numbers soft">{clock(at)}</time>{" "}
          <span>
            <Said text={said} />
          </span>
        </p>
      ))}
    </div>
  );
}
