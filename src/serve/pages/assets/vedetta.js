// What pages do by themselves. They can be read, and every form sent, without it.
"use strict";

const say = (text) => {
  const state = document.getElementById("live-state");
  if (!state) return;
  state.textContent = text;
  // Whoever is anywhere on the page is to see that it no longer follows.
  state.classList.toggle("lost", text !== "" && text === state.dataset.lost);
};

// A part of this page as the server writes it now; the whole page when the session has ended meanwhile.
async function partOf(address, selector, signal) {
  const answer = await fetch(address, { headers: { accept: "text/html" }, signal });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return location.reload();
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector(selector);
}

// News: the page is asked for again, and what is new in it is shown for a moment.
function follow(live) {
  let timer = 0;
  let isLost = false;
  const state = document.getElementById("live-state");
  const refresh = async () => {
    timer = 0;
    const old = document.querySelector("[data-live]");
    const fresh = await partOf(location.href, "[data-live]").catch(() => null);
    if (!fresh || !old) return;
    const known = new Set([...old.querySelectorAll("tr, li")].map((row) => row.textContent));
    const focus = document.activeElement?.getAttribute?.("href");
    old.replaceWith(fresh);
    for (const row of fresh.querySelectorAll("tbody tr, li")) {
      if (!known.has(row.textContent)) row.classList.add("fresh");
    }
    if (focus) [...fresh.querySelectorAll("a")].find((a) => a.getAttribute("href") === focus)?.focus();
  };
  const soon = () => { timer ||= setTimeout(refresh, 250); };
  listen(live.dataset.seq, {
    news: soon,
    reset: soon,
    lost: () => { isLost = true; say(state.dataset.lost); },
    back: () => { if (isLost) { isLost = false; say(state.dataset.back); soon(); } },
  });
}

// A client's page is not changed under the hands of who writes in it: it says that there is news.
function watch(page) {
  const state = document.getElementById("live-state");
  listen(null, {
    news: (event) => {
      const about = "/clients/" + encodeURIComponent(JSON.parse(event.data).subject ?? "");
      if (decodeURIComponent(about) === decodeURIComponent(page.dataset.client)) say(page.dataset.changed);
    },
    reset: () => say(page.dataset.changed),
    lost: () => say(state.dataset.lost),
    back: () => { if (state.textContent === state.dataset.lost) say(""); },
  });
}

// The feed as it comes. `reset`: the house was restored to an earlier state, and what is shown may never have been.
function listen(after, { news, reset, lost, back }) {
  const kinds = ["rating.changed", "rating.overridden", "treatment.changed", "signal.withdrawn", "review.needed",
    "source.stale", "source.recovered", "night.completed"];
  const source = new EventSource(after ? `/live?after=${after}` : "/live");
  for (const kind of kinds) source.addEventListener(kind, news);
  // Whoever has to connect anew goes on from there, and is not told again of what is gone.
  source.addEventListener("reset", (event) => { after = event.lastEventId; reset(); });
  source.addEventListener("open", back);
  source.addEventListener("error", () => {
    lost();
    // A proxy's error page ends a source for good; the house may be back in a moment.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(after, { news, reset, lost, back }), 2000);
  });
  addEventListener("pagehide", () => source.close());
}

// A search that answers as one types; its address is that of what is shown.
function instantly(form) {
  let waiting = null;
  let timer = 0;
  const ask = async () => {
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const address = form.action + (fields.size ? "?" + fields : "");
    waiting?.abort();
    waiting = new AbortController();
    const found = await partOf(address, "#results", waiting.signal).catch(() => null);
    if (!found) return;
    document.getElementById("results").replaceWith(found);
    history.replaceState(null, "", address);
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
}

// Fields that do not go with what happened are put away.
function only(select) {
  const form = select.form;
  const show = () => {
    for (const field of form.querySelectorAll("[data-for]")) {
      field.hidden = !field.dataset.for.split(" ").includes(select.value);
    }
  };
  select.addEventListener("change", show);
  show();
}

// A form that is refused says why where it stands, and keeps what was typed; without this the refusal is a page of its own.
function keep(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { submitter } = event;
    if (submitter) submitter.disabled = true;
    const body = new URLSearchParams(new FormData(form, submitter));
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } }).catch(() => null);
    if (answer?.ok) return location.assign(answer.url);
    if (submitter) submitter.disabled = false;
    if (!answer) return say(document.getElementById("live-state").dataset.lost);
    const refusal = new DOMParser().parseFromString(await answer.text(), "text/html");
    form.querySelector("[role=alert]")?.remove();
    const why = Object.assign(document.createElement("div"), { className: "alarm" });
    why.setAttribute("role", "alert");
    why.append(...refusal.querySelectorAll(".door h1, .door p[lang]"));
    why.querySelectorAll("h1").forEach((title) => {
      const line = document.createElement("p");
      line.textContent = title.textContent;
      title.replaceWith(line);
    });
    form.prepend(why);
  });
}

// The slider and the day say the same.
function lookBack(form) {
  const slider = form.querySelector("input[type=range]");
  const day = form.querySelector("input[type=date]");
  const first = Date.parse(form.dataset.first);
  const oneDay = 86400000;
  const inWords = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });
  const tell = () => slider.setAttribute("aria-valuetext", inWords.format(first + slider.value * oneDay));
  slider.addEventListener("input", () => {
    day.value = new Date(first + slider.value * oneDay).toISOString().slice(0, 10);
    tell();
  });
  day.addEventListener("input", () => { slider.value = Math.round((Date.parse(day.value) - first) / oneDay); tell(); });
  // By keyboard it goes a day at a time: the page is asked for once the hand rests, and finds the slider again.
  let pause;
  slider.addEventListener("input", () => clearTimeout(pause));
  slider.addEventListener("change", () => {
    clearTimeout(pause);
    pause = setTimeout(() => { sessionStorage.setItem("slid", "1"); form.requestSubmit(); }, 600);
  });
  if (sessionStorage.getItem("slid")) {
    sessionStorage.removeItem("slid");
    // After the address's own place on the page has taken the focus.
    addEventListener("load", () => setTimeout(() => slider.focus()));
  }
  tell();
}

const live = document.querySelector("[data-live]");
if (live) follow(live);
const client = document.querySelector("[data-client]");
if (client) watch(client);
document.querySelectorAll("[data-instant]").forEach(instantly);
document.querySelectorAll("[data-shows]").forEach(only);
document.querySelectorAll("[data-keeps]").forEach(keep);
document.querySelectorAll("[data-asof]").forEach(lookBack);
for (const output of document.querySelectorAll("output[data-of]")) {
  const slider = output.closest("form").elements[output.dataset.of];
  slider.addEventListener("input", () => { output.textContent = slider.value; });
}
// On paper nothing can be opened: what is put away is printed, too, and put away again.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((one) => { one.open = true; });
});
addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
// On a narrow screen a drawing of the past is begun at its end, which is today.
for (const figure of document.querySelectorAll("figure.scroll")) figure.scrollLeft = figure.scrollWidth;
// By keyboard. Single letters can be switched off on the Help page, for who speaks to the machine (WCAG 2.2, 2.1.4), and are
// letters wherever somebody types.
const NO_LETTERS = "no-letters";
const find = () => {
  const field = document.querySelector("[data-instant] input[type=search], .find input");
  field?.focus();
  field?.select();
  return field;
};
// The rows of the page's lists, by the link or the fold that each begins with.
function step(by) {
  const rows = [...document.querySelectorAll("main :is(tbody tr, ul.tasks > li, ul.lines > li)")]
    .map((row) => row.querySelector("a[href], summary")).filter((stop) => stop?.checkVisibility());
  if (!rows.length) return false;
  const row = document.activeElement?.closest("tr, li");
  const here = rows.findIndex((stop) => row?.contains(stop));
  const to = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1);
  rows[to].focus();
  return true;
}
// Opens the form in which the outcome of the row is recorded.
function record() {
  const row = document.activeElement?.closest("ul.tasks > li");
  const fold = row?.querySelector("details");
  if (!fold) return false;
  fold.open = true;
  (fold.querySelector("select, input:not([type=hidden])") ?? fold.querySelector("summary")).focus();
  return true;
}
const LETTERS = {
  "/": find,
  "?": () => { location.assign("/help#keyboard"); return true; },
  j: () => step(1),
  k: () => step(-1),
  a: record,
};
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    if (find()) event.preventDefault();
    return;
  }
  const isTyped = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (isTyped || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(NO_LETTERS)) return;
  if (LETTERS[event.key]?.()) event.preventDefault();
});
const letters = document.querySelector("[data-letters]");
if (letters) {
  letters.hidden = false;
  const box = letters.querySelector("input");
  box.checked = !localStorage.getItem(NO_LETTERS);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(NO_LETTERS);
    else localStorage.setItem(NO_LETTERS, "1");
  });
}
