import "@wild-rydes/web/styles/base.css";
import "@wild-rydes/web/styles/components.css";
import "./styles/tokens.css";
import "./styles/parts.css";
import { render } from "preact";
import { App } from "./app";
import { listen } from "./live";

const root = document.getElementById("app");
if (root) {
  listen();
  render(<App />, root);
}
