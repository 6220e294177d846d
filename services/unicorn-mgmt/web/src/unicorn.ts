import { type Signal, signal } from "@preact/signals";
import { Api, ApiError, idempotencyKey } from "@wild-rydes/web/api";
import type { Config } from "@wild-rydes/web/config";
import type { Session } from "@wild-rydes/web/session";
import type { components } from "./generated/api";
import type { Point } from "./geography";

export type Profile = components["schemas"]["UnicornBody"];
export type Registration = components["schemas"]["Registration"];

/** Where a unicorn waits, and whether it takes rides. */
export interface Whereabouts extends Point {
  readonly available: boolean;
}

/** The unicorn of whoever is signed in: who it is, and where. */
export class Unicorn {
  /** Null: it has not registered, as far as this browser knows. Undefined: that is not known yet. */
  readonly profile: Signal<Profile | null | undefined> = signal(undefined);
  readonly whereabouts: Signal<Whereabouts | null> = signal(null);
  readonly api: Api;

  readonly #key: string;

  constructor(config: Config, session: Session, user: string) {
    this.api = new Api(config.api, session);
    this.#key = `wild-rydes.unicorn.${user}`;
  }

  /** Find out who it is. */
  async load(): Promise<void> {
    const link = localStorage.getItem(this.#key);
    if (link === null) {
      this.profile.value = null;
      return;
    }
    try {
      this.profile.value = (await this.api.get<Profile>(link)).body;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      this.profile.value = null;
      return;
    }
    const before = localStorage.getItem(`${this.#key}.whereabouts`);
    if (before !== null) this.whereabouts.value = JSON.parse(before) as Whereabouts;
  }

  /** Register, or change what is registered. */
  async register(registration: Registration): Promise<void> {
    const { body } = await this.api.post<Profile>("/unicorns", registration, idempotencyKey());
    localStorage.setItem(this.#key, body.links.self);
    this.profile.value = body;
  }

  /** Say where it is, and whether it takes rides there. */
  async report(whereabouts: Whereabouts): Promise<void> {
    const profile = this.profile.value;
    if (!profile) return;
    await this.api.put(profile.links.position, whereabouts);
    localStorage.setItem(`${this.#key}.whereabouts`, JSON.stringify(whereabouts));
    this.whereabouts.value = whereabouts;
  }
}
