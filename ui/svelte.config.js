/** @type {import("@sveltejs/vite-plugin-svelte").SvelteConfig} */
export default {
  compilerOptions: {
    // Elements are created one by one: the page's policy lets nothing parse HTML out of a string.
    fragments: "tree",
  },
};
