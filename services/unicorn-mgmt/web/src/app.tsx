import { Header } from "@wild-rydes/web/components/Header";
import { SignIn } from "@wild-rydes/web/components/SignIn";
import type { Config } from "@wild-rydes/web/config";
import { isSignedIn, type Session } from "@wild-rydes/web/session";
import { Duty } from "./parts/Duty";
import { words } from "./texts";

/** What the page has to know to be of use. */
export interface Surroundings {
  readonly config: Config;
  readonly session: Session;
}

/** The whole page. Its frame is there before it knows anything. */
export function App({ around }: { around: Surroundings | null }) {
  const t = words.value;
  const session = around?.session ?? null;
  const isWelcome = session ? session.user.value === null : !isSignedIn();
  return (
    <div class={isWelcome ? "shell welcome" : "shell"}>
      <Header name={t.brand} more={t.forUnicorns} session={session} />
      <main id="main">{around ? <Inside {...around} /> : <p class="loading soft">{t.loading}</p>}</main>
    </div>
  );
}

function Inside({ config, session }: Surroundings) {
  const t = words.value;
  const user = session.user.value;
  if (user !== null) return <Duty key={user} config={config} session={session} user={user} />;
  return (
    <div class="door card">
      <SignIn config={config} session={session} title={t.welcome}>
        <p class="soft">{t.pitch}</p>
      </SignIn>
    </div>
  );
}
