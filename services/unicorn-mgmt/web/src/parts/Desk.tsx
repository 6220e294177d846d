import { useSignal } from "@preact/signals";
import { Icon, type IconName } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import type { Line, LineState } from "@wild-rydes/web/line";
import { words } from "../texts";
import type { Profile, Unicorn } from "../unicorn";
import type { Message, Work } from "../work";
import { Inbox } from "./Inbox";
import { Lately } from "./Lately";
import { ProfileForm } from "./ProfileForm";
import { Rates } from "./Rates";
import { RideCard } from "./RideCard";
import { Whereabouts } from "./Whereabouts";

interface Props {
  readonly unicorn: Unicorn;
  readonly profile: Profile;
  readonly work: Work;
  /** Null until it is opened. */
  readonly line: Line<Message> | null;
}

/** Everything a unicorn on duty needs: where it is, who asks, its ride, and what became of its quotes. */
export function Desk({ unicorn, profile, work, line }: Props) {
  const isChanging = useSignal(false);
  const ride = work.ride.value;
  const state = line?.state.value ?? "connecting";
  const notice = noticeOf(state, line?.contested.value ?? false);
  const closeForm = () => {
    isChanging.value = false;
    window.scrollTo(0, 0);
  };
  return (
    <div class={ride || work.open.value.length > 0 ? "desk busy" : "desk"}>
      <div class="greeting">
        <h1>{profile.name}</h1>
        <LineBadge state={state} />
      </div>
      {notice && (
        <p class="notice warn wide" role="status">
          <Icon name={notice.icon} />
          {notice.text}
        </p>
      )}
      <div class="side">
        <Whereabouts unicorn={unicorn} isDriving={ride !== null} />
        {!isChanging.value && (
          <Rates
            profile={profile}
            change={() => {
              isChanging.value = true;
            }}
          />
        )}
      </div>
      <div class="middle">
        {isChanging.value && (
          <section class="card">
            <ProfileForm unicorn={unicorn} suggestion={profile.name} close={closeForm} />
          </section>
        )}
        {ride && <RideCard key={ride["ride-id"]} ride={ride} work={work} />}
        {!ride && <Inbox unicorn={unicorn} profile={profile} work={work} />}
        <Lately work={work} />
      </div>
    </div>
  );
}

/** What keeps requests from coming at once, if anything does. */
function noticeOf(state: LineState, isContested: boolean): { icon: IconName; text: string } | null {
  const t = words.value.line;
  if (!online.value) return { icon: "off", text: t.offline };
  if (state === "lost") return { icon: "refresh", text: t.why };
  return isContested ? { icon: "alert", text: t.contested } : null;
}

function LineBadge({ state }: { state: LineState }) {
  const looks = { connecting: "badge", live: "badge good", lost: "badge warn" } as const;
  return (
    <span class={looks[state]} role="status">
      <span class="dot" />
      {words.value.line[state]}
    </span>
  );
}
