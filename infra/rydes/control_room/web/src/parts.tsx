/** Small parts that several views have. */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "./api";

/** Ask again and again while a view is shown. */
export function usePolled<T>(ask: () => Promise<T>, every: number, key = ""): Polled<T> {
  const [found, setFound] = useState<T | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);
  const sets = useRef(0);
  const look = useCallback(() => {
    const before = sets.current;
    return ask().then(
      (answer) => {
        if (before !== sets.current) return; // what was asked before somebody changed it is old
        setFound(answer);
        setProblem(null);
      },
      (error) => setProblem(error instanceof Refused ? error : new Refused(String(error), "", 0)),
    );
  }, [key]);
  const set = useCallback((answer: T) => {
    sets.current += 1;
    setFound(answer);
  }, []);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const again = async () => {
      if (!document.hidden) await look();
      if (!over && every) timer = setTimeout(again, every);
    };
    again();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [look, every]);
  return { found, problem, look, set };
}

export interface Polled<T> {
  found: T | null;
  problem: Refused | null;
  look: () => Promise<void>;
  set: (found: T) => void;
}

/** Do something that may be refused, one thing at a time; says so until the next try. */
export function useAct(): [(act: () => Promise<unknown>) => Promise<boolean>, Refused | null, boolean] {
  const [problem, setProblem] = useState<Refused | null>(null);
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const run = async (act: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    try {
      await act();
      setProblem(null);
      return true;
    } catch (error) {
      setProblem(error instanceof Refused ? error : new Refused(String(error), "", 0));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return [run, problem, busy];
}

export function Problem({ of }: { of: Refused | null }) {
  if (!of) return null;
  return (
    <p class={`notice ${of.status === 403 ? "" : "bad"}`} role="alert">
      <span>
        <Said text={`${of.message} ${of.wayOut}`} />
      </span>
    </p>
  );
}

/** A text in which commands stand between backticks. */
export function Said({ text }: { text: string }) {
  return <>{text.split("`").map((part, n) => (n % 2 ? <code key={part}>{part}</code> : part))}</>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children && <p class="soft">{children}</p>}
    </div>
  );
}

export function Waiting() {
  return <p class="soft waiting">Looking …</p>;
}

export function Json({ of, label }: { of: unknown; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="json" tabIndex={0} aria-label={label}>
      <pre>{typeof of === "string" ? of : JSON.stringify(of, null, 2)}</pre>
    </section>
  );
}

/** What may be wider than the screen. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

export function Badge({ kind, children }: { kind?: string; children: ComponentChildren }) {
  return <span class={`badge ${kind ?? ""}`}>{children}</span>;
}
