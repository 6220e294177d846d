import { type Signal, signal } from "@preact/signals";
import { Api, ApiError, idempotencyKey } from "@wild-rydes/web/api";
import type { Point } from "@wild-rydes/web/seattle";
import type { Session } from "@wild-rydes/web/session";
import type { components } from "./generated/api";

export type Profile = components["schemas"]["UnicornBody"];
export type Registration = components["schemas"]["Registration"];

/** The unicorn of whoever is signed in: who it is, and where. */
export class Unicorn {
  /** Null: it has not registered. Undefined: that is not known yet. */
  readonly profile: Signal<Profile | null | undefined> = signal(undefined);
  /** Where riders find it. Null while it is off duty. */
  readonly position: Signal<Point | null> = signal(null);
  readonly api: Api;

  constructor(session: Session) {
    this.api = new Api(session);
  }

  /** Find out who it is. */
  async load(): Promise<void> {
    try {
      this.#take((await this.api.get<Profile>("/unicorns/me")).body);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "not-registered")) throw error;
      this.profile.value = null;
    }
  }

  /** Register, or change what is registered. */
  async register(registration: Registration): Promise<void> {
    this.#take((await this.api.post<Profile>("/unicorns", registration, idempotencyKey())).body);
  }

  /** Go on duty at a place, or wait there instead. */
  async goOnline({ lat, lon }: Point): Promise<void> {
    await this.#report({ lat, lon, available: true });
    this.position.value = { lat, lon };
  }

  async goOffline(): Promise<void> {
    const last = this.position.value;
    if (last) await this.#report({ lat: last.lat, lon: last.lon, available: false });
    this.position.value = null;
  }

  async #report(report: components["schemas"]["PositionReport"]): Promise<void> {
    const profile = this.profile.value;
    if (profile) await this.api.put(profile.links.position, report);
  }

  #take(profile: Profile): void {
    this.profile.value = profile;
    this.position.value = profile.position ?? null;
  }
}
