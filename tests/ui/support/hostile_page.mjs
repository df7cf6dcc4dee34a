// The part of the hostile walk that runs in the page. It uses nothing from outside of itself, so that its source
// can be put into any browser: `(${watchPage})()`, and then `__walk.visit(…)` for each place.

/** Runs in the page: begins to watch, and puts `__walk` there. */
export function watchPage() {
  // Beyond these a place is not waited for: what is to come in the whole walk, not what is usual.
  const PATIENCE_MS = 10_000;
  const QUIET_FRAMES = 3;
  const MAX_ROUNDS = 6;
  const FORBIDDEN = [
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "portal", "form", "base", "meta", "link", "style", "noscript", "template",
    "audio", "video", "source", "track", "picture", "marquee", "math", "foreignObject", "animate", "animateMotion", "animateTransform", "set", "image",
    "use", "feImage", "area", "xss", "svelte\\:head", "svelte\\:window", "[srcdoc]", "[srcset]", "[formaction]", "[ping]", "[background]", "[poster]",
    "[contenteditable]", "[id*=zqid]", "[name*=zqid]", "a[id=location]", "[name=__canary]", "[name=getElementById]", "[name=attributes]", "[hx-get]", "[v-html]", "[ng-app]",
  ].join(",");
  // What reverses or hides text: it is shown by its number.
  const LIES = /[\u202a-\u202e\u2060-\u2069\u200b\u200e\u200f\u061c\ufeff\u{e0000}-\u{e007f}]/u;
  const MARK = /zq\d{3}[a-z]/g;

  const report = { scripts: 0, violations: [], navigations: 0, forbidden: [], pictures: 0, lies: new Set(), found: {}, unsettled: [] };
  const ran = () => void report.scripts++;
  window.__canary = ran;
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = ran;
  window.addEventListener("securitypolicyviolation", (event) => report.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  window.addEventListener("pagehide", () => report.navigations++);

  // The page's own: what its HTML brought, and the chunks that its bundler adds.
  const own = new WeakSet(document.querySelectorAll("head > *, body > script"));
  const isOwnChunk = (element) => element.parentNode === document.head && /^(modulepreload|stylesheet)$/.test(element.rel) && isHere(element.href);
  const isHere = (url) => new URL(url, location.href).origin === location.origin;

  let running = 0;
  const ask = window.fetch.bind(window);
  window.fetch = async (...args) => {
    running++;
    try {
      const response = await ask(...args);
      const text = await response.text();
      return new Response(text, response);
    } finally {
      running--;
    }
  };
  let changes = 0;
  new MutationObserver(() => changes++).observe(document, { subtree: true, childList: true, characterData: true });

  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

  /** Waits until nothing is asked and nothing changes any more, and notes it when that does not come. */
  async function settle() {
    const until = performance.now() + PATIENCE_MS;
    for (let quiet = 0, seen = -1; quiet < QUIET_FRAMES; quiet = running === 0 && changes === seen ? quiet + 1 : 0) {
      seen = changes;
      await frame();
      if (performance.now() > until) return void report.unsettled.push(location.hash);
    }
  }

  /** Opens whatever is closed `within`, once each, until nothing new is closed. Rows come back as they were left. */
  async function openAll(within, opened) {
    // A list's row that went and came back is another element, and may be open.
    const closed = "[aria-expanded=false]:not([aria-haspopup]), details:not([open]) > summary";
    const isWanted = (element) => element.matches(closed) || /^(show|load) (all|more|the rest)/i.test(element.textContent.trim());
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      const all = [...document.querySelectorAll(`${within} :is(${closed}, button)`)];
      const next = all.filter((element) => !opened.has(element) && isWanted(element));
      if (next.length === 0) return;
      for (const element of next) {
        opened.add(element);
        element.click();
      }
      await settle();
    }
  }

  function describe(element, why) {
    return `${location.hash} ${why}: ${element.outerHTML.slice(0, 200)}`;
  }

  /** An image that the page made itself, of pixels: where it does so, and with nothing else to it. */
  function isPicture(element) {
    return (
      element.matches("button.picture > img") &&
      element.getAttributeNames().every((name) => ["src", "alt", "width", "height", "class"].includes(name)) &&
      /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(element.getAttribute("src"))
    );
  }

  /** Texts that do not say all that is in them, or not in that order. */
  function inspectTexts(as) {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode;
      if (LIES.test(data)) report.lies.add(`${as}: ${parentElement.localName}.${parentElement.className}`);
    }
  }

  /** What a payload would have become had anything taken it for markup. */
  function inspect(as) {
    if (LIES.test(document.body.textContent)) inspectTexts(as);
    for (const element of document.querySelectorAll(FORBIDDEN)) {
      if (!own.has(element) && !isOwnChunk(element)) report.forbidden.push(describe(element, "element"));
    }
    for (const element of document.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        if (["title", "aria-label", "alt"].includes(name) && LIES.test(value)) report.lies.add(`${as}: ${name} of ${element.localName}`);
        if (name.startsWith("on")) report.forbidden.push(describe(element, name));
        if (name === "style" && /url\(|image-set|expression|-moz-binding/i.test(value)) report.forbidden.push(describe(element, "style"));
        // Links of a log are buttons that ask first: nothing else may lead out of the page.
        const leads = name === "href" || name === "xlink:href" || name === "src" || name === "action" || name === "data";
        if (leads && !own.has(element) && !isOwnChunk(element) && !value.startsWith("#") && !isPicture(element)) {
          report.forbidden.push(describe(element, name));
        }
      }
      if (element.localName === "img") {
        if (isPicture(element)) report.pictures++;
        else report.forbidden.push(describe(element, "element"));
      }
      if (element.shadowRoot) report.forbidden.push(describe(element, "shadow root"));
    }
    if (Object.keys(Object.prototype).length > 0 || "zqpolluted" in {}) report.forbidden.push(`${location.hash} polluted Object.prototype`);
    if (window.__canary !== ran) report.forbidden.push(`${location.hash} clobbered a global`);
  }

  function look(as) {
    const fields = [...document.querySelectorAll("input, textarea")].map((field) => field.value);
    const said = [document.body.textContent, ...fields].join("\n").toLowerCase();
    const found = (report.found[as] ??= new Set());
    for (const mark of said.match(MARK) ?? []) found.add(mark);
    inspect(as);
  }

  /** What scrolls `within`, and has more than it shows. */
  function scrollers(within) {
    return [...document.querySelectorAll(`${within}, ${within} *`)].filter((element) => {
      return element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
    });
  }

  /** Scrolls through, opens and looks, so that each row of a virtual list was in the page once. */
  async function lookThrough(within, as, screens) {
    const opened = new WeakSet();
    look(as);
    await openAll(within, opened);
    look(as);
    for (const scroller of scrollers(within)) {
      // What was opened may have moved it.
      scroller.scrollTop = 0;
      await settle();
      for (let steps = 0; steps < screens; steps++) {
        await openAll(within, opened);
        look(as);
        if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) break;
        scroller.scrollTop += scroller.clientHeight * 0.8;
        await settle();
        look(as);
      }
    }
  }

  /**
   * Goes to a place and looks, at the first `screens` of what is `within` if that is given; what is found counts as
   * found in `as`.
   */
  async function visit({ as, hash, within = "", screens = 300 }) {
    location.hash = hash;
    await frame();
    await settle();
    if (within) await lookThrough(within, as, screens);
    else look(as);
  }

  const found = () => Object.fromEntries(Object.entries(report.found).map(([as, marks]) => [as, [...marks]]));
  window.__walk = { visit, report: () => ({ ...report, lies: [...report.lies], found: found() }) };
}
