import { words } from "../texts";

/** Another window of this browser works for the unicorn. */
export function Elsewhere({ take }: { take: () => void }) {
  const t = words.value.elsewhere;
  return (
    <div class="door card stack" role="status">
      <h1>{t.title}</h1>
      <p class="soft">{t.what}</p>
      <button type="button" class="button" onClick={take}>
        {t.take}
      </button>
    </div>
  );
}
