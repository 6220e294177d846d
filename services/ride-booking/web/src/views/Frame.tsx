import { Icon } from "@wild-rydes/web/components/icons";
import { Preferences } from "@wild-rydes/web/components/Preferences";
import { isSignedIn } from "@wild-rydes/web/session";
import type { ComponentChildren } from "preact";
import { text } from "../texts";
import { Loading } from "./faces";
import { Hero } from "./Hero";

export function Brand() {
  const t = text.value;
  return (
    <a class="brand" href="#/" aria-label={t.title}>
      <span class="brand-mark">
        <Icon name="unicorn" size={22} />
      </span>
      <span class="brand-name">{t.title}</span>
    </a>
  );
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
      <header class="bar">
        <Brand />
        <div class="bar-end">
          <Preferences />
        </div>
      </header>
      <div class="split">
        <main class="panel">{waiting}</main>
        <div class="map-pane" />
      </div>
    </div>
  );
}
