import { Announcer } from "@wild-rydes/web/announce";
import { SignIn } from "@wild-rydes/web/components/SignIn";
import { route } from "@wild-rydes/web/route";
import { useEffect, useRef } from "preact/hooks";
import { useAround } from "./around";
import { leaveAll, resume } from "./requests";
import { text } from "./texts";
import { Ask } from "./views/Ask";
import { Bar, pageClass, Welcome } from "./views/Frame";
import { Face } from "./views/faces";
import { OfflineNotice } from "./views/Lines";
import { MapPane } from "./views/MapPane";
import { Past } from "./views/Past";
import { RequestView } from "./views/RequestView";
import { RideView } from "./views/RideView";
import { NewsNotice } from "./views/WishNotice";

/** The whole page: whoever is not signed in signs in, and goes on where the address says. */
export function App() {
  const { session } = useAround();
  const t = text.value;
  return (
    <>
      {session.user.value === null ? (
        <Welcome>
          <SignIn session={session} title={t.signInTitle} />
        </Welcome>
      ) : (
        <SignedIn />
      )}
      <Announcer />
    </>
  );
}

function SignedIn() {
  const around = useAround();
  const t = text.value;
  const [page = "", id] = route.value;
  const panel = useRef<HTMLElement>(null);
  const first = useRef(true);
  const address = route.value.join("/");
  const name = { requests: id ? t.request.done : t.myRequests, rides: t.ride.title }[page] ?? t.newRide;

  useEffect(() => {
    resume(around);
    return leaveAll;
  }, [around]);

  useEffect(() => {
    document.title = `${name} · ${t.title}`;
  }, [name, t]);

  useEffect(() => {
    // The browser looks after the focus of a fresh page; of a new view nobody else does.
    if (!first.current) panel.current?.focus();
    first.current = false;
    panel.current?.scrollTo(0, 0);
    window.scrollTo(0, 0);
  }, [address]);

  return (
    <div class="app">
      <button type="button" class="skip" onClick={() => panel.current?.focus()}>
        {t.skip}
      </button>
      <Bar session={around.session} />
      <div class="notices">
        <OfflineNotice />
        <NewsNotice />
      </div>
      <div class={`split ${pageClass()}`}>
        <main class="panel" id="content" ref={panel} tabIndex={-1}>
          <View page={page} id={id} />
        </main>
        <MapPane />
      </div>
    </div>
  );
}

function View({ page, id }: { page: string; id: string | undefined }) {
  const t = text.value;
  if (page === "") return <Ask />;
  if (page === "requests") return id ? <RequestView key={id} id={id} /> : <Past />;
  if (page === "rides" && id) return <RideView key={id} id={id} />;
  return (
    <Face
      icon="search"
      level={1}
      title={t.notFoundTitle}
      actions={
        <a class="button" href="#/">
          {t.backToStart}
        </a>
      }
    >
      {t.notFoundText}
    </Face>
  );
}
