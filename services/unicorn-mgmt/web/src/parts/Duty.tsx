import { effect, useSignal } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import type { Config } from "@wild-rydes/web/config";
import { countdown } from "@wild-rydes/web/language";
import { Line } from "@wild-rydes/web/line";
import { now, secondsUntil } from "@wild-rydes/web/now";
import type { Session } from "@wild-rydes/web/session";
import { useEffect, useMemo } from "preact/hooks";
import { nameOf } from "../geography";
import { explain } from "../problem";
import { words } from "../texts";
import { Unicorn } from "../unicorn";
import { type Invitation, type Message, type Outcome, type Ride, Work } from "../work";
import { Desk } from "./Desk";
import { ProfileForm } from "./ProfileForm";

interface Props {
  readonly config: Config;
  readonly session: Session;
  readonly user: string;
}

/** What whoever is signed in sees: the form of a newcomer, or the desk of a unicorn. */
export function Duty({ config, session, user }: Props) {
  const unicorn = useMemo(() => new Unicorn(config, session), [config, session]);
  const work = useMemo(() => new Work(unicorn.api, tell), [unicorn]);
  const line = useSignal<Line<Message> | null>(null);
  const problem = useSignal("");
  const profile = unicorn.profile.value;
  const isRegistered = Boolean(profile);

  async function load() {
    problem.value = "";
    try {
      await unicorn.load();
    } catch (error) {
      problem.value = explain(error);
    }
  }

  useEffect(() => void load(), [unicorn]);
  useEffect(
    () =>
      effect(() => {
        if (now.value) work.sweep();
      }),
    [work],
  );
  useEffect(() => {
    if (!isRegistered) return undefined;
    const opened = new Line<Message>({
      url: config.socket,
      token: (fresh) => session.token(fresh),
      question: { action: "resume" },
      answers: (message) => message.type === "snapshot",
      hear: work.hear,
    });
    line.value = opened;
    return () => {
      opened.close();
      line.value = null;
    };
  }, [isRegistered, work]);

  const t = words.value;
  if (problem.value) {
    return (
      <div class="door card stack">
        <p class="notice bad" role="alert">
          {problem.value}
        </p>
        <button type="button" class="button" onClick={() => void load()}>
          {t.broken.reload}
        </button>
      </div>
    );
  }
  if (profile === undefined) return <p class="loading soft">{t.loading}</p>;
  if (profile === null) {
    return (
      <div class="door card">
        <ProfileForm unicorn={unicorn} suggestion={user} />
      </div>
    );
  }
  return (
    <Desk unicorn={unicorn} profile={profile} work={work} state={line.value?.state.value ?? "connecting"} />
  );
}

function tell(news: Invitation | Ride | Outcome): void {
  const t = words.value.inbox;
  if (typeof news === "string") {
    announce(words.value.past.outcomes[news]);
    return;
  }
  if ("ride-id" in news) {
    announce(t.newRide);
    return;
  }
  announce(t.new(nameOf(news.from), nameOf(news.to), countdown(secondsUntil(news.deadline))));
}
