import "@wild-rydes/web/styles/base.css";
import "@wild-rydes/web/styles/components.css";
import "./room.css";
import { render } from "preact";
import { App } from "./app";
import { listen } from "./live";

const root = document.getElementById("app");
if (root) {
  listen();
  render(<App />, root);
}
