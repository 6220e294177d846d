import "@wild-rydes/web/styles/base.css";
import "@wild-rydes/web/styles/components.css";
import "./styles/app.css";
import { loadConfig } from "@wild-rydes/web/config";
import { render } from "preact";
import { App } from "./app";
import { Around, prepare } from "./around";
import { text } from "./texts";
import { Starting } from "./views/Frame";
import { Face } from "./views/faces";

const root = document.getElementById("app");
if (root) {
  render(<Starting />, root);
  try {
    const around = prepare(await loadConfig());
    render(
      <Around.Provider value={around}>
        <App />
      </Around.Provider>,
      root,
    );
  } catch {
    render(<CannotStart />, root);
  }
}

function CannotStart() {
  const t = text.value.error;
  return (
    <main class="alone">
      <Face
        icon="cloud"
        tone="bad"
        level={1}
        title={t.start}
        actions={
          <button type="button" class="button" onClick={() => location.reload()}>
            {t.reload}
          </button>
        }
      >
        {t.startText}
      </Face>
    </main>
  );
}
