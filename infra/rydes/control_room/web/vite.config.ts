import { defineConfig } from "vite";
import { page } from "../../../../shared/web/vite";

export default defineConfig(page(import.meta.url));
