import { useSignal } from "@preact/signals";
import { Icon } from "@wild-rydes/web/components/icons";
import { online } from "@wild-rydes/web/connectivity";
import type { LineState } from "@wild-rydes/web/line";
import { words } from "../texts";
import type { Profile, Unicorn } from "../unicorn";
import type { Work } from "../work";
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
  readonly state: LineState;
}

/** Everything a unicorn on duty needs: where it is, who asks, its ride, and what became of its quotes. */
export function Desk({ unicorn, profile, work, state }: Props) {
  const t = words.value;
  const isChanging = useSignal(false);
  const ride = work.ride.value;
  return (
    <div class={ride || work.open.value.length > 0 ? "desk busy" : "desk"}>
      <div class="greeting">
        <h1>{profile.name}</h1>
        <LineBadge state={state} />
      </div>
      {!online.value ? (
        <p class="notice warn wide" role="status">
          <Icon name="off" />
          {t.line.offline}
        </p>
      ) : (
        state === "lost" && (
          <p class="notice warn wide" role="status">
            <Icon name="refresh" />
            {t.line.why}
          </p>
        )
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
            <ProfileForm
              unicorn={unicorn}
              suggestion={profile.name}
              close={() => {
                isChanging.value = false;
              }}
            />
          </section>
        )}
        {ride && <RideCard key={ride["ride-id"]} ride={ride} work={work} />}
        {!ride && <Inbox unicorn={unicorn} profile={profile} work={work} />}
        <Lately work={work} />
      </div>
    </div>
  );
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
