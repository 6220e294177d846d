import { money, number } from "@wild-rydes/web/language";
import { words } from "../texts";
import type { Profile } from "../unicorn";

/** The rate card, as it is registered. */
export function Rates({ profile, change }: { profile: Profile; change: () => void }) {
  const t = words.value.card;
  const card = profile["rate-card"];
  const rows = [
    [t.base, card.base],
    [t.perKm, card["per-km"]],
    [t.minimum, card.minimum],
  ] as const;
  const longest = card["max-km"];
  return (
    <section class="card rates" aria-labelledby="rates">
      <div class="row">
        <h2 id="rates">{t.title}</h2>
        <button type="button" class="button plain small" onClick={change}>
          {t.change}
        </button>
      </div>
      <dl class="numbers">
        {rows.map(([name, fare]) => (
          <div key={name}>
            <dt class="soft">{name}</dt>
            <dd>{money(fare.amount, fare.currency)}</dd>
          </div>
        ))}
        {longest != null && (
          <div>
            <dt class="soft">{words.value.register.maxKm}</dt>
            <dd>{number(Number(longest))}</dd>
          </div>
        )}
      </dl>
      {profile["auto-quote"] && <p class="badge violet">{t.auto}</p>}
    </section>
  );
}
