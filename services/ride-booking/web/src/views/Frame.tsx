import { Header } from "@wild-rydes/web/components/Header";
import { Icon } from "@wild-rydes/web/components/icons";
import { Preferences } from "@wild-rydes/web/components/Preferences";
import { route } from "@wild-rydes/web/route";
import { isSignedIn, type Session } from "@wild-rydes/web/session";
import type { ComponentChildren } from "preact";
import { text } from "../texts";
import { Loading } from "./faces";
import { Hero } from "./Hero";

/** The top of the page. There is no session as long as nobody can sign in. */
export function Bar({ session }: { session: Session | null }) {
  const t = text.value;
  const [page = "", id] = route.value;
  return (
    <Header name={t.title} session={session}>
      <nav class="tabs">
        <a href="#/" aria-current={page === "" ? "page" : undefined}>
          <Icon name="pin" size={18} />
          <span>{t.newRide}</span>
        </a>
        <a href="#/requests" aria-current={page === "requests" && !id ? "page" : undefined}>
          <Icon name="list" size={18} />
          <span>{t.myRequests}</span>
        </a>
      </nav>
    </Header>
  );
}

/** By which a style knows what is shown. */
export function pageClass(): string {
  const [page = "", id] = route.value;
  return `page-${page === "" ? "ask" : id ? page : "past"}`;
}

/** What whoever is not signed in sees. */
export function Welcome({ children }: { children: ComponentChildren }) {
  return (
    <div class="welcome">
      <Hero />
      <main class="welcome-form">
        <header class="welcome-bar">
          <Preferences />
        </header>
        {children}
      </main>
    </div>
  );
}

/** The page before it knows where its service is. */
export function Starting() {
  const waiting = <Loading>{text.value.starting}</Loading>;
  if (!isSignedIn()) return <Welcome>{waiting}</Welcome>;
  return (
    <div class="app">
      <Bar session={null} />
      <div class={`split ${pageClass()}`}>
        <main class="panel">{waiting}</main>
        <div class="map-pane" />
      </div>
    </div>
  );
}
