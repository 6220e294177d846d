import type { UserConfig } from "vite";

const path = (relative: string, base: string) => decodeURIComponent(new URL(relative, base).pathname);

/** How every page is built: nothing inline, so that it runs under `script-src 'self'; style-src 'self'`. */
export function page(config: string): UserConfig {
  return {
    root: path(".", config),
    base: "./",
    resolve: { alias: { "@wild-rydes/web": path("./src", import.meta.url) } },
    define: { global: "globalThis" }, // the library of Cognito takes itself to be in Node
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      target: ["chrome125", "edge125", "firefox125", "safari17.5"],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  };
}
