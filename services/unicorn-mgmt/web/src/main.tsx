import "@wild-rydes/web/styles/base.css";
import "@wild-rydes/web/styles/components.css";
import "./styles.css";
import { Announcer } from "@wild-rydes/web/announce";
import { loadConfig } from "@wild-rydes/web/config";
import { Session } from "@wild-rydes/web/session";
import { render } from "preact";
import { App } from "./app";
import { Broken } from "./parts/Broken";

const root = document.getElementById("app");

async function start(at: HTMLElement): Promise<void> {
  const show = (session: Session | null) =>
    render(
      <>
        <App session={session} />
        <Announcer />
      </>,
      at,
    );
  show(null);
  try {
    show(new Session(await loadConfig()));
  } catch {
    render(<Broken />, at);
  }
}

if (root) void start(root);
