import { Header } from "@wild-rydes/web/components/Header";
import { SignIn } from "@wild-rydes/web/components/SignIn";
import { isSignedIn, type Session } from "@wild-rydes/web/session";
import { Duty } from "./parts/Duty";
import { words } from "./texts";

/** The whole page. Its frame is there before it knows where its users sign in. */
export function App({ session }: { session: Session | null }) {
  const t = words.value;
  const isWelcome = session ? session.user.value === null : !isSignedIn();
  return (
    <div class={isWelcome ? "shell welcome" : "shell"}>
      <Header name={t.brand} more={t.forUnicorns} session={session} />
      <main id="main">
        {session ? <Inside session={session} /> : <p class="loading soft">{t.loading}</p>}
      </main>
    </div>
  );
}

function Inside({ session }: { session: Session }) {
  const t = words.value;
  const user = session.user.value;
  if (user !== null) return <Duty key={user} session={session} user={user} />;
  return (
    <div class="door card">
      <SignIn session={session} title={t.welcome}>
        <p class="soft">{t.pitch}</p>
      </SignIn>
    </div>
  );
}
