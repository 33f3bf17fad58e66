// Filters the texts and shows them, a page at a time. What is shown stands in the address
// (#error=missed&label=CITY&from=50&to=90&page=2), so that any view can be linked to.
"use strict";
(() => {
  const PAGE_SIZE = 50;
  const DEFAULTS = { error: "", label: "", from: "0", to: "100", page: "1" };
  const WRONG = ["missed", "invented", "label", "bounds"];
  const NAMES = { found: "found", gold: "annotated", teacher: "teacher" };

  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("data").textContent);
  const form = element("filters");
  const pageInput = element("page");
  let matching = [];

  function numberIn(value, low, high, otherwise) {
    const number = Number.parseFloat(value);
    return Number.isFinite(number) ? Math.min(Math.max(number, low), high) : otherwise;
  }

  function filterOf(state) {
    const kinds = state.error === "wrong" ? WRONG : [state.error];
    return {
      kinds: state.error ? new Set(kinds.map((kind) => data.kinds.indexOf(kind))) : null,
      label: state.label ? data.labels.indexOf(state.label) : -1,
      from: numberIn(state.from, 0, 100, 0),
      to: numberIn(state.to, 0, 100, 100),
    };
  }

  // a text is shown if one and the same thing in it has all that is asked for
  function matches(filter, text) {
    const anyConfidence = filter.from <= 0 && filter.to >= 100;
    if (!filter.kinds && filter.label < 0 && anyConfidence) return true;
    return text.items.some(
      ([kind, gold, found, confidence]) =>
        (!filter.kinds || filter.kinds.has(kind)) &&
        (filter.label < 0 || gold === filter.label || found === filter.label) &&
        (anyConfidence ||
          (confidence >= 0 && filter.from <= confidence && confidence <= filter.to)),
    );
  }

  function make(name, content, className) {
    const made = document.createElement(name);
    if (content) made.textContent = content;
    if (className) made.className = className;
    return made;
  }

  function version(name, layers) {
    const row = make("div", "", "version");
    row.append(make("h4", name));
    const lines = make("div");
    lines.lang = data.language;
    for (const layer of layers) {
      const line = make("div");
      // made by displaCy, which has escaped the text
      line.innerHTML = layer;
      lines.append(line);
    }
    row.append(lines);
    return row;
  }

  function item(text) {
    const own = make("li");
    const article = make("article");
    const errors = text.errors === 1 ? "1 error" : `${text.errors} errors`;
    article.append(make("h3", `Text ${text.number}: ${text.errors ? errors : "no error"}`));
    for (const key of ["found", "gold", "teacher"]) {
      if (!text[key]) continue;
      const same = key === "found" && !text.gold;
      article.append(version(same ? "found and annotated" : NAMES[key], text[key]));
    }
    own.append(article);
    return own;
  }

  function stateOfForm() {
    const state = { page: "1" };
    for (const key of ["error", "label", "from", "to"]) state[key] = form.elements[key].value;
    return state;
  }

  // null if the address names a section, or nothing
  function stateOfAddress() {
    if (!location.hash.includes("=")) return null;
    const given = new URLSearchParams(location.hash.slice(1));
    const state = {};
    for (const key in DEFAULTS) state[key] = given.get(key) || DEFAULTS[key];
    if (!data.labels.includes(state.label)) state.label = "";
    const known = [...form.elements.error.options].some((own) => own.value === state.error);
    if (!known) state.error = "";
    state.from = String(numberIn(state.from, 0, 100, 0));
    state.to = String(numberIn(state.to, 0, 100, 100));
    return state;
  }

  function putIntoAddress(state) {
    const kept = new URLSearchParams();
    for (const key in DEFAULTS) if (state[key] !== DEFAULTS[key]) kept.set(key, state[key]);
    history.replaceState(null, "", kept.size ? `#${kept}` : "#texts");
  }

  function show(state) {
    const filter = filterOf(state);
    matching = data.texts.filter((text) => matches(filter, text));
    const pages = Math.max(Math.ceil(matching.length / PAGE_SIZE), 1);
    const page = Math.round(numberIn(state.page, 1, pages, 1));
    const start = (page - 1) * PAGE_SIZE;
    const shown = matching.slice(start, start + PAGE_SIZE);
    const list = element("list");
    list.start = start + 1;
    list.replaceChildren(...shown.map(item));
    const all = data.texts.length.toLocaleString("en");
    const many = matching.length.toLocaleString("en");
    element("status").textContent = shown.length
      ? `${many} of ${all} texts; shown: ${start + 1} to ${start + shown.length}`
      : `0 of ${all} texts`;
    element("pages").hidden = pages === 1;
    element("of").textContent = `of ${pages}`;
    element("previous").disabled = page === 1;
    element("next").disabled = page === pages;
    pageInput.max = pages;
    pageInput.value = page;
  }

  function turnTo(page) {
    const state = { ...stateOfForm(), page: String(page) };
    show(state);
    putIntoAddress({ ...state, page: pageInput.value });
    element("texts-heading").focus();
    element("texts").scrollIntoView();
  }

  function followAddress() {
    const state = stateOfAddress();
    if (!state) return false;
    for (const key of ["error", "label", "from", "to"]) form.elements[key].value = state[key];
    show(state);
    element("texts").scrollIntoView();
    return true;
  }

  function followForm() {
    const state = stateOfForm();
    show(state);
    putIntoAddress(state);
  }

  form.addEventListener("input", followForm);
  form.addEventListener("submit", (event) => event.preventDefault());
  // the form has its former values until after this event
  form.addEventListener("reset", () => setTimeout(followForm));
  element("previous").addEventListener("click", () => turnTo(Number(pageInput.value) - 1));
  element("next").addEventListener("click", () => turnTo(Number(pageInput.value) + 1));
  pageInput.addEventListener("change", () => turnTo(pageInput.value));
  window.addEventListener("hashchange", () => {
    if (followAddress()) element("texts-heading").focus({ preventScroll: true });
  });
  if (!followAddress()) show(DEFAULTS);
})();
