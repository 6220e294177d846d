/** SMS conversations, without numbers and without what customers write freely. */
import "./styles/conversations.css";
import { useState } from "preact/hooks";
import { api, type Share } from "./api";
import { Empty, Problem, usePolled, Waiting } from "./parts";
import { age, clock, dash } from "./words";

const share = (of: Share) => (of.of ? `${of.count} of ${of.of}` : dash);

export function ConversationsView({ local }: { local: boolean }) {
  const { found, problem } = usePolled(api.conversations, 3000);
  const [chosen, setChosen] = useState(0);
  const phone = found?.phones[Math.min(chosen, found.phones.length - 1)];
  const most = Math.max(1, ...Object.values(found?.figures.scores ?? {}));
  return (
    <section class="page" aria-labelledby="conversations">
      <header class="head">
        <h1 id="conversations">SMS conversations</h1>
      </header>
      <p class="soft lead">
        The last hour. Numbers are hidden but for two digits, and replies that are more than a score or a yes.
      </p>
      <Problem of={problem} />
      {!found && !problem && <Waiting />}
      {found && (
        <div class="conversations">
          <div>
            <dl class="facts wide">
              {(
                [
                  ["asked", String(found.figures.asked)],
                  ["answered", share(found.figures.answered)],
                  ["delivered", share(found.figures.delivered)],
                  ["opted out", share(found.figures["opted-out"])],
                  ["cost", `${found.figures.cost.toFixed(2)} $`],
                  ["calls open", String(found.figures.calls.open ?? 0)],
                ] as const
              ).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd class="numbers">{value}</dd>
                </div>
              ))}
            </dl>
            <h2>Scores</h2>
            <ol class="scores">
              {Object.entries(found.figures.scores)
                .reverse()
                .map(([score, count]) => (
                  <li key={score}>
                    <span class="numbers">{score}</span>
                    <i
                      class={Number(score) >= 9 ? "good" : Number(score) >= 7 ? "warn" : "bad"}
                      style={{ width: `${(100 * count) / most}%` }}
                    />
                    <span class="numbers soft">{count || ""}</span>
                  </li>
                ))}
            </ol>
          </div>
          {found.phones.length === 0 ? (
            <Empty title={local ? "Nobody has got an SMS" : "Only the carriers have the conversations"}>
              {local && (
                <>
                  After a ride the customer is asked how it was:{" "}
                  <code>uv run rydes rfq --book --user bert --phone +14255550143</code>
                </>
              )}
            </Empty>
          ) : (
            <>
              <ul class="rows phones" aria-label="Phones">
                {found.phones.map((each, n) => (
                  <li key={each.phone + String(each.messages[0]?.id)}>
                    <button
                      type="button"
                      class="row"
                      aria-pressed={each === phone}
                      onClick={() => setChosen(n)}
                    >
                      <strong>{each.phone}</strong>
                      <span class="soft small">
                        {each.messages.length} SMS,{" "}
                        {age((Date.now() - (each.messages.at(-1)?.at ?? 0)) / 1000)} ago
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
              <ol class="chat" aria-label={`Conversation with ${phone?.phone}`}>
                {phone?.messages.map((sms) => (
                  <li key={sms.id} class={sms.ours ? "ours" : "theirs"}>
                    <p>{sms.text}</p>
                    <p class="small soft">
                      {sms.ours ? "Wild Rydes" : "customer"} · {clock(sms.at)}
                      {sms.parts > 1 && ` · ${sms.parts} parts`}
                    </p>
                  </li>
                ))}
              </ol>
            </>
          )}
        </div>
      )}
    </section>
  );
}
