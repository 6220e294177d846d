/** What to type about a dead letter that a replay does not help. */
import "./styles/commands.css";
import { useState } from "preact/hooks";
import type { DeadLetter } from "./api";

export function Commands({ of }: { of: DeadLetter["commands"] }) {
  const [copied, setCopied] = useState("");
  return (
    <ul class="commands">
      {of.map(({ does, command }) => (
        <li key={command}>
          <span class="soft">{does}</span>
          <code>{command}</code>
          <button
            type="button"
            class="button quiet tiny"
            onClick={() =>
              navigator.clipboard.writeText(command).then(
                () => setCopied(command),
                () => undefined, // it can still be marked
              )
            }
          >
            {copied === command ? "Copied" : "Copy"}
            <span class="visually-hidden"> {command}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
