import { LANGUAGES, type Language, language, speak } from "../language";
import { common } from "../texts";
import { type Theme, theme } from "../theme";
import { Icon, type IconName } from "./icons";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

/** Switches of language and colours. */
export function Preferences() {
  const t = common.value;
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
  return (
    <div class="preferences">
      <label class="language">
        <span class="visually-hidden">{t.language}</span>
        <Icon name="globe" size={18} />
        <select
          value={language.value}
          onChange={(event) => speak(event.currentTarget.value as Language)}
          class="select-bare"
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="button plain icon"
        aria-label={`${t.theme}: ${t.themes[theme.value]}`}
        title={`${t.theme}: ${t.themes[theme.value]}`}
        onClick={() => {
          theme.value = next;
        }}
      >
        <Icon name={ICONS[theme.value]} />
      </button>
    </div>
  );
}
