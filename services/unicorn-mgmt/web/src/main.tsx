import "@wild-rydes/web/styles/base.css";
import { render } from "preact";

const root = document.getElementById("app");
if (root) render(<main class="page">Wild Rydes</main>, root);
