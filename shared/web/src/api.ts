import type { Session } from "./session";
import { SessionOver } from "./session";

export interface FieldProblem {
  readonly field: string;
  readonly detail: string;
}

/** What an API has answered instead of what it was asked for. Status 0: nothing at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail = "",
    readonly fields: readonly FieldProblem[] = [],
    /** Seconds after which to try again, if the API says so. */
    readonly retryAfter: number | null = null,
    /** What support finds the request by. */
    readonly reference: string | null = null,
    /** What tells apart problems of one status. */
    readonly code: string | null = null,
    /** Whether nothing was to be changed, so that nothing can have happened. */
    readonly reading = false,
  ) {
    super(`${status} ${detail}`);
  }
}

export interface Answer<T> {
  readonly body: T;
  readonly headers: Headers;
}

interface Options {
  readonly body?: unknown;
  /** Makes a repetition of a POST harmless. */
  readonly key?: string;
  readonly signal?: AbortSignal;
}

const SECONDS_TO_ANSWER = 30;

/** An HTTP API of ours: JSON in and out, a token with each request, problems as errors. */
export class Api {
  constructor(private readonly session: Session) {}

  get<T>(url: string, options: Options = {}): Promise<Answer<T>> {
    return this.#send<T>("GET", url, options);
  }

  post<T>(url: string, body: unknown, key: string): Promise<Answer<T>> {
    return this.#send<T>("POST", url, { body, key });
  }

  put<T>(url: string, body: unknown): Promise<Answer<T>> {
    return this.#send<T>("PUT", url, { body });
  }

  delete(url: string): Promise<Answer<undefined>> {
    return this.#send<undefined>("DELETE", url, {});
  }

  async #send<T>(method: string, url: string, options: Options): Promise<Answer<T>> {
    const target = url.startsWith("/") ? `${this.session.config.peek().api}${url}` : url;
    let answer = await this.#fetch(method, target, options, await this.#token());
    if (answer.status === 401) {
      answer = await this.#fetch(method, target, options, await this.#token(true));
      if (answer.status === 401) {
        this.session.expire();
        throw new SessionOver();
      }
    }
    if (!answer.ok) throw await problem(answer, method === "GET");
    const text = await answer.text(); // 202 and 204 may have none
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    return { body: body as T, headers: answer.headers };
  }

  async #token(fresh = false): Promise<string> {
    try {
      return await this.session.token(fresh);
    } catch (error) {
      throw error instanceof SessionOver ? error : new ApiError(0);
    }
  }

  async #fetch(method: string, url: string, options: Options, token: string): Promise<Response> {
    const headers = new Headers({ Authorization: token });
    if (options.body !== undefined) headers.set("Content-Type", "application/json");
    if (options.key !== undefined) headers.set("Idempotency-Key", options.key);
    const tooLong = AbortSignal.timeout(SECONDS_TO_ANSWER * 1000);
    try {
      return await fetch(url, {
        method,
        headers,
        cache: "no-store",
        signal: options.signal ? AbortSignal.any([options.signal, tooLong]) : tooLong,
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0);
    }
  }
}

/** A key for one request and its repetitions. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}

async function problem(answer: Response, reading: boolean): Promise<ApiError> {
  const body = (await answer.json().catch(() => ({}))) as {
    detail?: string;
    code?: string;
    message?: string;
    errors?: FieldProblem[];
  };
  const wait = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  return new ApiError(
    answer.status,
    body.detail ?? body.message ?? "",
    body.errors ?? [],
    Number.isNaN(wait) ? null : wait,
    answer.headers.get("apigw-requestid"),
    body.code ?? null,
    reading,
  );
}
