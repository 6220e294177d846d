import { Api } from "@wild-rydes/web/api";
import type { Config } from "@wild-rydes/web/config";
import { Session } from "@wild-rydes/web/session";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** What every view needs: who is signed in, and where the service is. */
export interface Surroundings {
  readonly config: Config;
  readonly session: Session;
  readonly api: Api;
  readonly socket: string;
}

export const Around = createContext<Surroundings | null>(null);

export function prepare(config: Config): Surroundings {
  const session = new Session(config);
  return { config, session, api: new Api(config.api, session), socket: config.socket };
}

export function useAround(): Surroundings {
  const around = useContext(Around);
  if (!around) throw new Error("a view is outside of the app");
  return around;
}
