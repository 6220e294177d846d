import { Api } from "@wild-rydes/web/api";
import type { Config } from "@wild-rydes/web/config";
import { Session } from "@wild-rydes/web/session";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** What every view needs: who is signed in, and what answers. */
export interface Surroundings {
  readonly session: Session;
  readonly api: Api;
}

export const Around = createContext<Surroundings | null>(null);

export function prepare(config: Config): Surroundings {
  const session = new Session(config);
  return { session, api: new Api(session) };
}

export function useAround(): Surroundings {
  const around = useContext(Around);
  if (!around) throw new Error("a view is outside of the app");
  return around;
}
