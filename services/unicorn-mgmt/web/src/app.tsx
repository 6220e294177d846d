import { Icon } from "@wild-rydes/web/components/icons";
import { Preferences } from "@wild-rydes/web/components/Preferences";
import { SignIn } from "@wild-rydes/web/components/SignIn";
import type { Config } from "@wild-rydes/web/config";
import type { Session } from "@wild-rydes/web/session";
import { common } from "@wild-rydes/web/texts";
import { Duty } from "./parts/Duty";
import { words } from "./texts";

interface Props {
  readonly config: Config;
  readonly session: Session;
}

export function App({ config, session }: Props) {
  const t = words.value;
  const user = session.user.value;
  return (
    <div class={user === null ? "shell welcome" : "shell"}>
      <header class="top">
        <span class="brand">
          <span class="mark">
            <Icon name="unicorn" size={22} />
          </span>
          <span>
            <b>{t.brand}</b> <span class="soft">{t.forUnicorns}</span>
          </span>
        </span>
        <div class="top-end">
          <Preferences />
          {user !== null && (
            <button
              type="button"
              class="button plain icon"
              aria-label={common.value.signOut}
              title={common.value.signOut}
              onClick={() => session.signOut()}
            >
              <Icon name="leave" />
            </button>
          )}
        </div>
      </header>
      <main id="main">
        {user === null ? (
          <div class="door card">
            <SignIn config={config} session={session} title={t.welcome}>
              <p class="soft">{t.pitch}</p>
            </SignIn>
          </div>
        ) : (
          <Duty key={user} config={config} session={session} user={user} />
        )}
      </main>
    </div>
  );
}
