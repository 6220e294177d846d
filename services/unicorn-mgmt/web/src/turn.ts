import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/**
 * Which of a browser's windows works for a unicorn: the newest, since its connection alone is told of requests.
 *
 * The one that works holds a lock, which a newer window steals. The older ones queue for it, and the browser gives it to
 * the next of them as soon as the newer one is closed, or has crashed.
 */
export class Turn {
  readonly #mine: Signal<boolean> = signal(true);
  readonly #name: string;
  #queued = new AbortController();
  #release = () => {};
  #ended = false;

  /** Take the turn of this user's unicorn from all other windows. */
  constructor(user: string) {
    this.#name = `wild-rydes.unicorn.${user}`;
    this.take();
  }

  get mine(): ReadonlySignal<boolean> {
    return this.#mine;
  }

  /** Work here from now on. */
  readonly take = (): void => {
    this.#queued.abort();
    this.#mine.value = true;
    void this.#hold({ steal: true });
  };

  /** Leave the turn to another window. */
  end(): void {
    this.#ended = true;
    this.#queued.abort();
    this.#release();
  }

  async #hold(how: LockOptions): Promise<void> {
    try {
      await navigator.locks.request(this.#name, how, () => {
        if (this.#ended) return undefined;
        this.#mine.value = true;
        return new Promise<void>((release) => {
          this.#release = release;
        });
      });
    } catch {
      // Stolen, unless this has given up queueing.
      if (this.#ended || how.signal?.aborted) return;
      this.#mine.value = false;
      this.#queued = new AbortController();
      void this.#hold({ signal: this.#queued.signal });
    }
  }
}
