// <carbon-label>: what a delivery option emits, in words of the label service. How to use it: docs/checkout/html.md.
// It never holds up the page: what is late, broken or unknown hides it. Every word comes from the answer, as text.
"use strict";
(() => {
  const NAME = "carbon-label", SCHEMA = 1;
  const BUDGET_MS = 200, HOLD_MS = 100, RETRY_MS = 10000, SPEAK_MS = 500, SPOKEN_MS = 10000, KEPT = 20;
  const HOME = (document.currentScript?.src ?? "").replace(/\/v1\/[^/]*$/, "");
  // What leaves the page: a shop may hand over a whole address, the service gets no name and no street.
  const CART = ["currency", "goods_value", "origin_site", "packaging", "market"];
  const PLACE = ["country", "postcode", "city", "latitude", "longitude"];
  const LINE = ["sku", "quantity", "mass_kg", "length_mm", "width_mm", "height_mm", "category"];

  const TOKENS = {
    background: ["#fff", "#1a2029"], ink: ["#1c2430", "#e8ebf0"], muted: ["#5a6472", "#a3adba"],
    line: ["#d9dce1", "#303845"], accent: ["#1f5fa8", "#8ab8f0"], haul: ["#332288", "#7f8cff"], returned: ["#882255", "#c2487f"],
  };
  const tokens = (value) => Object.entries(TOKENS).map(([name, pair]) =>
    `--${name}:var(--carbon-label-${name},${value(pair)})`).join(";");
  const hatch = (angle, gap) => `repeating-linear-gradient(${angle}deg,var(--pen) 0 1px,#0000 1px ${gap}px)`;
  // The colours are light where the page does not declare `color-scheme`: a dark label in a light page helps nobody.
  const CSS_TEXT = `
:host{display:block;${tokens((pair) => pair[0])}}
@supports(color:light-dark(red,red)){:host{${tokens((pair) => `light-dark(${pair})`)}}}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
:host([theme=auto]){color-scheme:light dark}
:host(:not([shown])),[hidden]{display:none!important}
.box{position:relative;background:var(--background);color:var(--ink);font-size:var(--carbon-label-size,.875rem);line-height:1.45;
font-family:var(--carbon-label-font,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans SC",sans-serif);
padding:var(--carbon-label-padding,0);border-radius:4px;text-align:start;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
p,ul{margin:0;padding:0}
li{list-style:none}
sub{font-size:.75em;line-height:0}
.said{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;user-select:none}
.row,.open{display:flex;flex-wrap:wrap;gap:0 12px;align-items:baseline}
.value{font-weight:600}
.range{white-space:nowrap}
.note,.more{color:var(--muted)}
.list .row{padding:8px 0 8px 12px;border-bottom:1px solid var(--line);border-inline-start:4px solid #0000}
.list .name{flex:1 1 9em}
.row .note{flex:1 0 100%}
.list .row[aria-current]{border-inline-start-color:var(--accent)}
[aria-current] .name{font-weight:600}
summary{cursor:pointer;min-height:24px;display:block;border-radius:4px}
summary::-webkit-details-marker{display:none}
.list summary{padding:8px 0 8px 16px}
.more{color:var(--accent);text-decoration:underline;text-underline-offset:2px}
.more::after{content:"";display:inline-block;width:6px;height:6px;margin-inline-start:8px;border:solid;border-width:0 2px 2px 0;transform:translateY(-2px) rotate(45deg)}
[open] .more::after{transform:translateY(2px) rotate(225deg)}
summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.body{padding:8px 0 12px;max-width:68ch;container-type:inline-size}
.list .body{padding-inline-start:16px}
.body>*+*{margin-top:8px}
.stages li{display:grid;grid-template-columns:minmax(6em,9em) 1fr minmax(4.5em,auto);gap:8px;align-items:center;padding:2px 0}
.stages .figure{text-align:end;white-space:nowrap}
.stages .name::first-letter{text-transform:uppercase}
@container(max-width:17rem){.stages li{grid-template-columns:1fr auto;gap:0 8px}.stages .bar{grid-area:2/1/3/3;margin:2px 0 4px}}
svg{display:block;height:10px;min-width:1px;box-sizing:border-box;border:1px solid var(--ink);background:var(--hatch,none) var(--fill,#7b8794);--pen:#fff;forced-color-adjust:none;print-color-adjust:exact}
.packaging{--fill:#da3}
.line_haul{--fill:var(--haul);--hatch:${hatch(-45, 5)}}
.hubs{--fill:#8ce;--hatch:radial-gradient(var(--pen) 1px,#0000 1px) 0 0/4px 4px}
.last_mile{--fill:#c67;--hatch:${hatch(45, 5)}}
.warehousing{--fill:#4a9;--hatch:${hatch(0, 4)}}
.returns{--fill:var(--returned);--hatch:${hatch(45, 5)},${hatch(-45, 5)}}
.end_of_life{--fill:#a49;--hatch:${hatch(90, 4)}}
.product{--fill:#993;--hatch:${hatch(0, 4)},${hatch(90, 4)}}
svg.hubs,svg.product{--pen:#1c2430}
a{color:var(--accent);text-underline-offset:2px}
@media(forced-colors:active){.list .row{border-inline-start-color:Canvas}.list .row[aria-current]{border-inline-start-color:Highlight}svg{border-color:CanvasText}}
@media print{:host{color-scheme:light!important}.more{display:none}details::details-content{content-visibility:visible;display:block;block-size:auto}a::after{content:" "attr(href)}}
`;
  let sheet;
  function dress(root, nonce) {
    try {
      if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS_TEXT);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const style = document.createElement("style");
      style.nonce = nonce;
      style.textContent = CSS_TEXT;
      root.append(style);
    }
  }

  class Failure extends Error {
    constructor(reason, more) {
      super(reason);
      Object.assign(this, { reason, more });
    }
  }

  // Asking: elements with the same cart share one request; one that nobody waits for any more is dropped.

  const asked = new Map();

  function ask(id, request, user, budget_ms) {
    let entry = asked.get(id);
    if (entry?.failure && performance.now() - entry.at > RETRY_MS) entry = null;
    if (!entry) {
      entry = { users: new Set(), dropper: new AbortController(), began: performance.now() };
      const end = (name) => (value) => Object.assign(entry, { [name]: value, at: performance.now() });
      entry.ended = fetched(request, entry.dropper, budget_ms).then(checked).then(end("answer"), end("failure"));
      asked.set(id, entry);
      for (const [old, { at, users }] of asked) if (asked.size > KEPT && at && !users.size) asked.delete(old);
    }
    entry.users.add(user);
    return entry;
  }

  function release(id, user) {
    const entry = asked.get(id);
    entry?.users.delete(user);
    if (entry && !entry.at && !entry.users.size) {
      entry.dropper.abort();
      asked.delete(id);
    }
  }

  async function fetched({ url, key, body }, dropper, budget_ms) {
    let late = false;
    const timer = setTimeout(() => (late = true) && dropper.abort(), budget_ms);
    const headers = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers.Authorization = `Bearer ${key}`;
    try {
      const response = await fetch(url, {
        method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal: dropper.signal,
        credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
      });
      if (!response.ok) throw new Failure("http", { status: response.status });
      return await response.json();
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(late ? "timeout" : error instanceof SyntaxError ? "answer" : "network");
    } finally {
      clearTimeout(timer);
    }
  }

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isText = (value) => typeof value === "string" && value !== "";

  // An estimate has options; the label of an order or a product is one option by itself.
  function checked(answer) {
    if (!isObject(answer)) throw new Failure("answer");
    if (answer.schema !== SCHEMA) throw new Failure("schema");
    const options = answer.options ?? [{ key: "", available: true, ...answer }];
    if (!Array.isArray(options) || !options.length || !options.every(isOption)) throw new Failure("answer");
    return { ...answer, options };
  }

  function isOption(option) {
    if (!isObject(option) || typeof option.key !== "string" || !isObject(option.words)) return false;
    const words = Object.values(option.words);
    if (!words.length || !words.every((each) => isObject(each) && isText(each.name) && isText(each.line))) return false;
    const { available, co2e_kg, low_kg, high_kg } = option;
    if (available !== true) return available === false;
    if (!(Number.isFinite(co2e_kg) && co2e_kg > 0)) return false;
    return low_kg == null ? high_kg == null : Number.isFinite(low_kg) && Number.isFinite(high_kg) && low_kg <= high_kg;
  }

  const only = (source, names) =>
    Object.fromEntries(names.map((name) => [name, source[name]]).filter(([, value]) => value != null && value !== ""));

  // Drawing

  function make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  // "CO2e" has a subscript in every rendering; anything else stays the text it is.
  function words(text) {
    const all = document.createDocumentFragment();
    String(text ?? "").slice(0, 1000).split("CO2e").forEach((part, place) => {
      if (place) all.append("CO", make("sub", "", "2"), "e");
      all.append(part);
    });
    return all;
  }

  function figure({ line, spoken }) {
    const at = line.search(/ ?[(（]/);
    const seen = make("span", "", words(line));
    if (at > 0) seen.replaceChildren(make("span", "value", words(line.slice(0, at))), make("span", "range", words(line.slice(at))));
    if (!spoken) return [seen];
    seen.ariaHidden = "true";
    return [seen, make("span", "said", spoken)];
  }

  function stages(option, names) {
    const figures = new Map((option.stages ?? []).map(({ stage, co2e_kg }) => [stage, co2e_kg]));
    const most = Math.max(...figures.values());
    const list = make("ul", "stages");
    list.role = "list";
    for (const { stage, name, text } of names) {
      if (!isText(name) || !isText(text)) throw new Failure("answer");
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      bar.setAttribute("width", `${Math.max(0, (100 * figures.get(stage)) / most) || 0}%`);
      bar.setAttribute("class", /^\w+$/.test(stage) ? stage : "");
      bar.setAttribute("aria-hidden", "true");
      list.append(make("li", "", make("span", "name", words(name)), make("span", "bar", bar), make("span", "figure", words(text))));
    }
    return list;
  }

  function link(url, text) {
    try {
      if (!/^https?:$/.test(new URL(url).protocol) || !text) return [];
    } catch {
      return [];
    }
    const anchor = make("a", "", words(text));
    Object.assign(anchor, { href: url, target: "_blank", rel: "noopener noreferrer" });
    return [make("p", "", anchor)];
  }

  // The options a shop names, in its order; all of them where it names none.
  const named = (options, keys) =>
    keys.trim() ? keys.trim().split(/[\s,]+/).flatMap((name) => options.filter(({ key }) => key === name)) : options;

  const pick = (found, language) => {
    const names = Object.keys(found);
    const short = (name) => name.toLowerCase().split("-")[0];
    return names.find((name) => name === language) ?? names.find((name) => short(name) === short(language)) ??
      names.find((name) => name === "en") ?? names[0];
  };

  class CarbonLabel extends HTMLElement {
    static observedAttributes = ["service", "key", "shop-key", "option", "all", "cart", "label-url", "lang", "languages", "follow", "hide-name"];
    #cart; #chosen; #id; #entry; #planned; #hold; #speaking; #said; #drawn; #told;
    #box; #summary; #body; #details; #plain; #list; #live;
    #watcher = new MutationObserver(() => this.#plan());
    #onChange = ({ target }) => target.name && target.name === this.getAttribute("follow") && this.#plan();
    #onUpdate = ({ detail }) => {
      if (detail?.option !== undefined) this.#chosen = detail.option;
      if (detail?.cart !== undefined) this.#cart = detail.cart;
      this.#plan();
    };

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      this.#summary = make("summary");
      this.#body = make("div", "body");
      this.#details = make("details", "", this.#summary, this.#body);
      this.#plain = make("p", "row");
      this.#list = make("ul");
      this.#list.role = "list";
      this.#box = make("div", "box", this.#list, this.#plain, this.#details);
      this.#box.role = "group";
      this.#box.hidden = true;
      this.#live = make("div", "said");
      this.#live.role = "status";
      dress(root, this.nonce);
      root.append(this.#box, this.#live);
    }

    connectedCallback() {
      // A property set before this script ran hides the accessor of the class.
      for (const name of ["cart", "option"]) {
        if (!Object.hasOwn(this, name)) continue;
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
      this.#watcher.observe(document, { subtree: true, attributeFilter: ["lang"] });
      this.#watcher.observe(this, { subtree: true, childList: true, characterData: true });
      document.addEventListener("change", this.#onChange, true);
      document.addEventListener(`${NAME}-update`, this.#onUpdate);
      this.#plan();
    }

    disconnectedCallback() {
      this.#watcher.disconnect();
      document.removeEventListener("change", this.#onChange, true);
      document.removeEventListener(`${NAME}-update`, this.#onUpdate);
      clearTimeout(this.#hold);
      clearTimeout(this.#speaking);
      this.#leave();
    }

    attributeChangedCallback() {
      this.#plan();
    }

    get option() {
      return this.getAttribute("option");
    }

    set option(key) {
      if (key == null) this.removeAttribute("option");
      else this.setAttribute("option", key);
    }

    get cart() {
      return this.#cart ?? null;
    }

    set cart(cart) {
      this.#cart = cart;
      this.#plan();
    }

    // Asks again, whatever is known.
    refresh() {
      asked.delete(this.#id);
      this.#leave();
      this.#plan();
    }

    // Several changes in one turn of the page are one update.
    #plan() {
      if (this.#planned || !this.isConnected) return;
      this.#planned = true;
      queueMicrotask(() => {
        this.#planned = false;
        if (this.isConnected) this.#update();
      });
    }

    #leave() {
      if (this.#id) release(this.#id, this);
      this.#id = this.#entry = null;
      clearTimeout(this.#hold);
      this.#box.ariaBusy = null;
    }

    #update() {
      let request;
      try {
        request = this.#request();
      } catch (failure) {
        this.#leave();
        return this.#fail(failure instanceof Failure ? failure : new Failure("cart"), {});
      }
      if (!request || request.answer) {
        this.#leave();
        if (!request) return this.#appear(false);
        const given = { users: new Set([this]), answer: request.answer };
        return this.#show(given);
      }
      const id = JSON.stringify(request);
      const stale = this.#entry?.failure && performance.now() - this.#entry.at > RETRY_MS;
      if (id === this.#id && !stale) return this.#entry?.at && this.#show(this.#entry);
      this.#leave();
      this.#id = id;
      const go = () => {
        const entry = (this.#entry = ask(id, request, this, this.#budget_ms()));
        if (entry.at) return this.#show(entry);
        entry.ended.then(() => this.#entry === entry && this.#show(entry));
      };
      // While somebody types, one request at the end; the first is sent at once.
      this.#box.ariaBusy = "true";
      if (this.#drawn && !asked.has(id)) this.#hold = setTimeout(go, HOLD_MS);
      else go();
    }

    #budget_ms() {
      const given = Number.parseFloat(this.getAttribute("timeout-ms"));
      return given >= 0 ? given : BUDGET_MS;
    }

    #request() {
      const service = (this.getAttribute("service") ?? HOME).replace(/\/+$/, "");
      const key = this.getAttribute("key") ?? this.getAttribute("shop-key") ?? "";
      const label = this.getAttribute("label-url");
      if (label) {
        const url = new URL(label, document.baseURI);
        const own = url.origin === new URL(service || "/", document.baseURI).origin;
        return { url: url.href, key: own ? key : "" };
      }
      const cart = this.#read();
      if (cart?.schema) return { answer: checked(cart) };
      if (cart == null) return null;
      if (!isObject(cart)) throw new Failure("cart");
      const destination = only(cart.destination ?? {}, PLACE);
      if (!cart.lines?.length || !(destination.country || "latitude" in destination)) return null;
      const languages = this.getAttribute("languages")?.trim().split(/[\s,]+/);
      const body = {
        lines: cart.lines.map((line) => only(line, LINE)), destination, ...only(cart, CART),
        languages: languages ?? [this.#language().toLowerCase().split("-")[0]],
      };
      return { url: `${service}/v1/estimate`, key, body };
    }

    #read() {
      if (this.#cart) return this.#cart;
      let text = this.getAttribute("cart");
      if (text?.startsWith("#")) text = document.getElementById(text.slice(1))?.textContent;
      text ??= this.querySelector('script[type="application/json"]')?.textContent;
      try {
        return text?.trim() ? JSON.parse(text) : null;
      } catch {
        throw new Failure("cart");
      }
    }

    #language() {
      for (let node = this; node; node = node.parentNode ?? node.host) if (node.lang) return node.lang;
      return navigator.language || "en";
    }

    #wanted(answer) {
      const follow = this.getAttribute("follow");
      const name = follow && CSS.escape(follow);
      const field = name && document.querySelector(`[name="${name}"]:checked,select[name="${name}"]`);
      const source = field?.selectedOptions?.[0] ?? field;
      return this.option ?? (source ? source.dataset.carbonOption ?? source.value : null) ?? this.#chosen ??
        answer.default ?? answer.options[0].key;
    }

    #show(entry) {
      this.#box.ariaBusy = null;
      try {
        if (entry.failure) throw entry.failure;
        this.#draw(entry);
        this.#appear(true);
      } catch (failure) {
        this.#fail(failure instanceof Failure ? failure : new Failure("answer"), entry);
      }
    }

    #appear(shown) {
      this.toggleAttribute("shown", shown);
      this.#box.hidden = !shown;
    }

    #draw({ answer, users }) {
      const wanted = this.#wanted(answer);
      const option = answer.options.find(({ key }) => key === wanted);
      if (!option) throw new Failure("option", { option: wanted });
      const language = pick(option.words, this.#language());
      const own = option.words[language];
      const common = (answer.common_words ?? answer.words)?.[language] ?? {};
      const all = this.hasAttribute("all");
      this.#box.lang = language;
      this.#box.classList.toggle("list", all);
      this.#box.ariaLabel = common.title ?? own.name;
      this.#list.hidden = !all;
      const listed = all ? named(answer.options, this.getAttribute("all")) : [];
      this.#list.replaceChildren(...listed.map((each) => this.#row(each, each === option, language)));
      const line = () => [make("span", this.hasAttribute("hide-name") ? "said" : "name", words(own.name)), ...figure(own)];
      this.#plain.hidden = all || option.available;
      const why = isText(own.why) ? [make("span", "note", words(own.why))] : [];
      this.#plain.replaceChildren(...(this.#plain.hidden ? [] : [...line(), ...why]));
      this.#details.hidden = !option.available;
      const more = make("span", "more", words(common.details ?? common.title ?? own.name));
      const open = all ? [more, make("span", "note", words(own.name))] : [...line(), more];
      this.#summary.replaceChildren(make("span", "open", ...open));
      this.#body.replaceChildren(...(option.available ? this.#sections(option, own, common, answer) : []));
      const said = own.spoken || own.line;
      const difference = own.difference ? `${/[.。]$/.test(said) ? " " : ", "}${own.difference}` : "";
      this.#say(`${own.name}: ${said}${difference}`, wanted, language, all, users);
    }

    #row(option, chosen, language) {
      const own = option.words[pick(option.words, language)];
      const row = make("li", "row", make("span", "name", words(own.name)), ...figure(own));
      if (own.difference) row.append(make("span", "note", words(own.difference)));
      if (chosen) row.ariaCurrent = "true";
      return row;
    }

    #sections(option, own, common, { calculation, url }) {
      const sentences = (names, className) => names.filter(isText).map((text) => make("p", className, words(text)));
      return [
        ...sentences([own.difference, own.difference_range]),
        ...(own.stages?.length ? [stages(option, own.stages)] : []),
        ...sentences([own.counted, own.not_counted, own.product, own.data, own.method, own.calculated], "note"),
        ...sentences([own.statement ?? common.statement]),
        ...link(calculation?.url ?? url, common.link),
      ];
    }

    // Changes are spoken once they have settled. Of several elements with one cart, a fixed one speaks for its own option only.
    #say(text, option, language, all, users) {
      const before = this.#drawn;
      this.#drawn = { text, option, language };
      if (!before || before.language !== language || before.text === text) return;
      if (this.option && !all && users.size > 1 && before.option === option) return;
      this.#said = text;
      clearTimeout(this.#speaking);
      this.#live.lang = language;
      this.#speaking = setTimeout(() => {
        this.#live.textContent = this.#said;
        this.#speaking = setTimeout(() => (this.#live.textContent = ""), SPOKEN_MS);
      }, SPEAK_MS);
    }

    // Tells the page's own log once, without cart, place or key.
    #fail(failure, entry) {
      this.#appear(false);
      const told = `${failure.reason} ${failure.more?.option ?? ""}`;
      if (entry.told === told || (!entry.ended && this.#told === told)) return;
      entry.told = this.#told = told;
      const detail = { reason: failure.reason, ...failure.more };
      if (entry.began) detail.elapsed_ms = Math.round(entry.at - entry.began);
      this.dispatchEvent(new CustomEvent(`${NAME}-error`, { detail, bubbles: true, composed: true }));
    }
  }

  if (!customElements.get(NAME)) customElements.define(NAME, CarbonLabel);
})();
