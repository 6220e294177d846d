import { effect, useSignal } from "@preact/signals";
import { announce } from "@wild-rydes/web/announce";
import { countdown } from "@wild-rydes/web/language";
import { Line } from "@wild-rydes/web/line";
import { now, secondsUntil } from "@wild-rydes/web/now";
import type { Session } from "@wild-rydes/web/session";
import { useEffect, useMemo } from "preact/hooks";
import { nameOf } from "../geography";
import { explain } from "../problem";
import { words } from "../texts";
import { Turn } from "../turn";
import { Unicorn } from "../unicorn";
import { type Invitation, type Message, type Outcome, type Ride, Work } from "../work";
import { Desk } from "./Desk";
import { Elsewhere } from "./Elsewhere";
import { ProfileForm } from "./ProfileForm";

interface Props {
  readonly session: Session;
  readonly user: string;
}

/** What whoever is signed in sees: the form of a newcomer, or the desk of a unicorn. */
export function Duty({ session, user }: Props) {
  const unicorn = useMemo(() => new Unicorn(session), [session]);
  const work = useMemo(() => new Work(unicorn.api, tell), [unicorn]);
  const line = useSignal<Line<Message> | null>(null);
  const problem = useSignal("");
  const profile = unicorn.profile.value;
  const turn = useMemo(() => new Turn(user), [user]);
  const isMine = turn.mine.value;
  const isWorking = Boolean(profile) && isMine;

  async function load() {
    problem.value = "";
    try {
      await unicorn.load();
    } catch (error) {
      problem.value = explain(error);
    }
  }

  useEffect(() => () => turn.end(), [turn]);
  useEffect(() => {
    if (isMine) void load(); // another window may have changed it
  }, [unicorn, isMine]);
  useEffect(
    () =>
      effect(() => {
        if (now.value) work.sweep();
      }),
    [work],
  );
  useEffect(() => {
    if (!isWorking) return undefined;
    const opened = new Line<Message>({
      url: () => session.config.peek().socket,
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
  }, [isWorking, work]);

  const view = !isMine ? "elsewhere" : problem.value ? "problem" : profile ? "desk" : "door";
  useEffect(() => window.scrollTo(0, 0), [view]);

  const t = words.value;
  if (!isMine) return <Elsewhere take={turn.take} />;
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
  return <Desk unicorn={unicorn} profile={profile} work={work} line={line.value} />;
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
