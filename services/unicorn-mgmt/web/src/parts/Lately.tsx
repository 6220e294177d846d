import { money } from "@wild-rydes/web/language";
import { nameOf } from "../geography";
import { words } from "../texts";
import type { Outcome, Work } from "../work";

const LOOKS: Record<Outcome, string> = {
  quoted: "badge info",
  declined: "badge",
  won: "badge violet",
  "passed-over": "badge",
  lost: "badge",
  missed: "badge warn",
  cancelled: "badge",
  completed: "badge good",
  "given-up": "badge bad",
  "taken-back": "badge",
};

/** What became of the newest requests. */
export function Lately({ work }: { work: Work }) {
  const t = words.value.past;
  const past = work.past.value;
  return (
    <section class="plain-section" aria-labelledby="lately">
      <h2 id="lately">{t.title}</h2>
      {past.length === 0 ? (
        <p class="soft">{t.none}</p>
      ) : (
        <ul class="lately">
          {past.map(({ invitation, outcome, price }) => (
            <li key={invitation["rfq-id"]}>
              <span class="way">{t.to(nameOf(invitation.from), nameOf(invitation.to))}</span>
              <span class="numbers">{price && money(price.amount, price.currency)}</span>
              <span class={LOOKS[outcome]}>{t.outcomes[outcome]}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
