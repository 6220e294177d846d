/** The newest messages that have moved. */
import "./styles/feed.css";
import { family } from "./dots";
import type { Layout } from "./layout";
import { feed } from "./live";
import { link } from "./route";
import { clock, short } from "./words";

/** `room` is where the picture leaves some; otherwise it stands below. */
export function Feed({ room }: { room: Layout["spare"] }) {
  const style = room
    ? { left: `${room.x}px`, top: `${room.y}px`, width: `${room.w}px`, height: `${room.h}px` }
    : {};
  return (
    <section class={room ? "feed beside" : "feed"} style={style} aria-labelledby="feed">
      <h2 id="feed">Messages</h2>
      {feed.value.length === 0 ? (
        <p class="soft small">
          Nothing moves. Ask for a ride in the customer app, or run <code>uv run rydes rfq --book</code>.
        </p>
      ) : (
        <ol>
          {feed.value.map((hop) => (
            <li key={hop.key}>
              <time class="numbers">{clock(hop.at)}</time>
              <i class={`mark ${family(hop.what)}`} aria-hidden="true" />
              <span class="what" title={hop.what}>
                {hop.what.replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/g, "…")}
              </span>
              <span class="where" title={name(hop.path.at(-1))}>
                {name(hop.path.at(-1))}
              </span>
              {/^[0-9a-f-]{36}/.test(hop.rfq) && !/answered|change/.test(hop.what) ? (
                <a href={link("rfqs", hop.rfq)}>{short(hop.rfq)}</a>
              ) : (
                <span />
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const name = (id?: string) => id?.slice(id.indexOf(":") + 1) ?? "";
