import { Icon, type IconName } from "@wild-rydes/web/components/icons";
import { words } from "../texts";
import type { Profile, Unicorn } from "../unicorn";
import type { Work } from "../work";
import { InvitationCard } from "./InvitationCard";

interface Props {
  readonly unicorn: Unicorn;
  readonly profile: Profile;
  readonly work: Work;
}

/** Who asks right now, those first who wait for the shortest time. */
export function Inbox({ unicorn, profile, work }: Props) {
  const t = words.value.inbox;
  const open = [...work.open.value].sort((a, b) =>
    a.invitation.deadline.localeCompare(b.invitation.deadline),
  );
  const at = unicorn.position.value;
  return (
    <section class="plain-section" aria-labelledby="inbox">
      <h2 id="inbox">
        {t.title} {open.length > 0 && <span class="badge violet">{open.length}</span>}
      </h2>
      {open.length === 0 ? (
        <Quiet isOnline={at !== null} isByCard={profile["auto-quote"]} />
      ) : (
        <ul class="invitations">
          {open.map((each) => (
            <InvitationCard
              key={each.invitation["rfq-id"]}
              open={each}
              profile={profile}
              at={at}
              work={work}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Quiet({ isOnline, isByCard }: { isOnline: boolean; isByCard: boolean }) {
  const t = words.value.inbox;
  const [icon, title, hint]: readonly [IconName, string, string] = isOnline
    ? ["clock", t.waiting, isByCard ? t.byCardHint : t.waitingHint]
    : ["moon", t.asleep, t.asleepHint];
  return (
    <div class="quiet-face">
      <span class={isOnline ? "halo on" : "halo"}>
        <Icon name={icon} size={28} />
      </span>
      <h3>{title}</h3>
      <p class="soft">{hint}</p>
    </div>
  );
}
