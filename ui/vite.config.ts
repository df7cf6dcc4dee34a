import path from "node:path";
import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const here = path.dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  // Relative, because the window and the browser serve the page from different places.
  base: "./",
  cacheDir: path.join(here, "../node_modules/.vite"),
  plugins: [svelte({ configFile: path.join(here, "svelte.config.js") })],
  build: {
    outDir: path.join(here, "dist"),
    emptyOutDir: true,
    // WebKitGTK 2.40, Debian 12's oldest.
    target: "safari16.4",
    // The page's policy forbids inline scripts, and `data:` URLs where a file will do.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { port: 5173, strictPort: true, host: "127.0.0.1" },
});
