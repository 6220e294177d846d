import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { SessionOver } from "./session";

/** `connecting` at first, `live` while answers come, `lost` from the end of a line until the next is live. */
export type LineState = "connecting" | "live" | "lost";

interface Options<Message> {
  readonly url: () => string;
  readonly token: (fresh?: boolean) => Promise<string>;
  /** What is asked at first and again and again, since whatever a socket sends may be lost with it. */
  readonly question: object;
  /** Whether a message answers the question. */
  readonly answers: (message: Message) => boolean;
  readonly hear: (message: Message) => void;
}

const SECONDS_TO_FIRST_ANSWER = 12;
const SECONDS_TO_ANSWER = 5;
const SECONDS_BETWEEN_QUESTIONS = 30;
const SECONDS_OF_FIRST_PAUSE = 0.5;
const SECONDS_OF_LONGEST_PAUSE = 15;
/** A socket does not say why it is refused. Of so many attempts one is made with a new token, which may be why. */
const ATTEMPTS_WITH_A_TOKEN = 4;

/** A socket that is opened again whenever it has ended or fallen silent, until it is closed. */
export class Line<Message> {
  readonly #state: Signal<LineState> = signal("connecting");
  readonly #contested: Signal<boolean> = signal(false);
  #socket: WebSocket | null = null;
  #answers = 0;
  #silences = 0;
  #timer = 0;
  #failures = 0;
  #closed = false;
  #staleToken = false;

  constructor(private readonly options: Options<Message>) {
    window.addEventListener("online", this.#hurry);
    window.addEventListener("offline", this.#drop);
    void this.#open();
  }

  get state(): ReadonlySignal<LineState> {
    return this.#state;
  }

  /**
   * Whether one socket after the other was answered once, then no more, though it was open: as happens to somebody of
   * whose sockets the newest alone is answered, and who has one elsewhere.
   */
  get contested(): ReadonlySignal<boolean> {
    return this.#contested;
  }

  close(): void {
    this.#closed = true;
    window.clearTimeout(this.#timer);
    window.removeEventListener("online", this.#hurry);
    window.removeEventListener("offline", this.#drop);
    if (this.#socket) end(this.#socket);
  }

  /** Ask after some seconds, and again after each answer. */
  askIn(seconds: number): void {
    this.#after(seconds, () => this.#ask(SECONDS_TO_ANSWER));
  }

  /** Connect anew with another token. */
  renew(): void {
    this.#staleToken = true;
    this.#drop();
  }

  async #open(): Promise<void> {
    try {
      const token = await this.options.token(this.#staleToken);
      this.#staleToken = false;
      if (this.#closed) return;
      const url = new URL(this.options.url());
      url.searchParams.set("token", token);
      const socket = new WebSocket(url);
      this.#socket = socket;
      this.#answers = 0;
      socket.onopen = () => this.#ask(SECONDS_TO_FIRST_ANSWER);
      socket.onmessage = (event) => this.#hear(socket, String(event.data));
      socket.onclose = () => this.#lost(socket);
      this.#after(SECONDS_TO_FIRST_ANSWER, this.#drop);
    } catch (error) {
      if (error instanceof SessionOver) this.close();
      else this.#again();
    }
  }

  #hear(socket: WebSocket, text: string): void {
    if (socket !== this.#socket || this.#closed) return;
    const message = JSON.parse(text) as Message;
    if (this.options.answers(message)) {
      this.#failures = 0;
      this.#answers += 1;
      if (this.#answers > 1) this.#silences = 0;
      this.#contested.value = this.#silences > 1;
      this.#state.value = "live";
      this.askIn(SECONDS_BETWEEN_QUESTIONS);
    }
    this.options.hear(message);
  }

  #ask(seconds: number): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(this.options.question));
    this.#after(seconds, () => {
      if (this.#answers > 0) this.#silences += 1;
      this.#drop();
    });
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket || this.#closed) return;
    this.#socket = null;
    this.#state.value = "lost";
    this.#again();
  }

  /** Doubles the pause each time, and takes a random part of it, so that not all pages come at once. */
  #again(): void {
    if (this.#closed) return;
    const longest = Math.min(SECONDS_OF_LONGEST_PAUSE, SECONDS_OF_FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    if (this.#failures % ATTEMPTS_WITH_A_TOKEN === 2) this.#staleToken = true;
    this.#after(longest * (0.5 + Math.random() / 2), () => void this.#open());
  }

  readonly #drop = (): void => {
    const socket = this.#socket;
    if (!socket) return;
    end(socket);
    this.#lost(socket); // a dead line does not say so for a long time
  };

  readonly #hurry = (): void => {
    if (this.#socket || this.#closed) return;
    this.#failures = 0;
    this.#after(0, () => void this.#open());
  };

  #after(seconds: number, act: () => void): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(act, seconds * 1000);
  }
}

/** Close a socket. One that is still being opened is let open first: browsers complain otherwise. */
function end(socket: WebSocket): void {
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
  else socket.close();
}
