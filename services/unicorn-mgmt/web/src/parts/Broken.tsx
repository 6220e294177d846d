import { words } from "../texts";

/** Without its configuration a page can do nothing. */
export function Broken() {
  const t = words.value.broken;
  return (
    <main class="door card stack">
      <h1>{t.title}</h1>
      <p class="soft">{t.what}</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </main>
  );
}
