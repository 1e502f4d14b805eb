/* Keeps a half-written review: form[data-review] is saved when something changed, soon after a choice and every two
   seconds, and on leaving. A save names the version that it follows. When another tab saved meanwhile, every field that
   was not touched here takes what that tab saved, and every other keeps what is here: nobody has to choose.
   [data-draft-status] says what was saved; its words come with the page. */
const INTERVAL_MS = 2000;
const SOON_MS = 250;
const KEPT = "candor-review";
const form = document.querySelector("form[data-review]");
const status = form.querySelector("[data-draft-status]");
const groups = [...form.querySelectorAll("[data-rating]")];
let stored = read((radio) => radio.defaultChecked, (note) => note.defaultValue);
let underWay = null;
let closed = false;
let refused = "";

/* key -> [level, note]; "" where nothing is chosen or written. */
function read(isChosen = (radio) => radio.checked, written = (note) => note.value) {
  return new Map(
    groups.map((group) => {
      const radio = [...group.querySelectorAll("input[type=radio]")].find(isChosen);
      return [group.dataset.key, [radio?.value ?? "", clean(written(group.querySelector("textarea")))]];
    }),
  );
}

/* The words as the server stores them. */
function clean(words) {
  return words.replace(/\r\n?/g, "\n").trim();
}

function changes(now) {
  const found = [];
  for (const [key, fields] of now)
    fields.forEach((value, place) => value !== stored.get(key)[place] && found.push([key, place, value]));
  return found;
}

function put(key, place, value) {
  const group = groups.find((one) => one.dataset.key === key);
  if (!group) return;
  if (place === 1) group.querySelector("textarea").value = value;
  else for (const radio of group.querySelectorAll("input[type=radio]")) radio.checked = radio.value === value;
}

function say(key, words = "") {
  const said = `${words} ${status.dataset[key]}`.trim();
  if (status.textContent !== said) status.textContent = said;
}

function clockTime(instant) {
  return instant.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/* "SQL: 4, Listening: no evidence." */
function inWords(changed) {
  const names = new Map(groups.map((group) => [group.dataset.key, group.dataset.name]));
  const levels = changed.filter(([, place]) => place === 0);
  const said = levels.map(([key, , level]) => `${names.get(key)}: ${level === "N" ? form.dataset.none : level}`);
  return said.length > 0 ? `${said.join(", ")}.` : "";
}

/* Three texts: what this page last knew to be stored, what is stored now, and what stands here. Where the last two are
   alike there was no other tab: the page was loaded again before its own last save had come in. */
function merge(held, now) {
  const mine = changes(now);
  const theirs = new Map(groups.map(({ dataset }) => [dataset.key, fieldsOf(held.ratings[dataset.key])]));
  for (const [key, fields] of theirs)
    fields.forEach((value, place) => {
      if (!mine.some(([one, where]) => one === key && where === place)) put(key, place, value);
    });
  stored = theirs;
  form.elements.draft_version.value = held.version;
  say(changes(now).length === 0 ? "saved" : "merged");
}

function fieldsOf(held) {
  return held ? [held.level, clean(held.note)] : ["", ""];
}

async function settle(response, sent, changed) {
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!json) return say("signedOut");
  const held = await response.json();
  if (held.reason === "stale") return merge(held, read());
  if (held.reason === "closed") closed = true;
  if (!response.ok) {
    refused = JSON.stringify([...sent]);
    return say(held.reason === "closed" ? "closed" : "refused");
  }
  stored = sent;
  form.elements.draft_version.value = held.version;
  const time = clockTime(new Date(held.saved_at));
  const said = `${inWords(changed)} ${status.dataset.saved} ${time}`.trim();
  if (changed.length > 0 && status.textContent !== said) status.textContent = said;
}

async function save(keepalive = false) {
  const now = read();
  const changed = changes(now);
  // A form that was just sent must not come back as a draft.
  if (changed.length === 0 || closed || form.getAttribute("aria-busy") === "true") return;
  if ((underWay && !keepalive) || refused === JSON.stringify([...now])) return;
  const aborting = (underWay = new AbortController());
  try {
    const headers = { Accept: "application/json" };
    const asked = { method: "POST", body: new FormData(form), headers, keepalive, signal: aborting.signal };
    const response = await fetch(form.dataset.saveUrl, asked);
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
    await settle(response, now, changed);
  } catch {
    if (!aborting.signal.aborted) say("offline");
  } finally {
    if (underWay === aborting) underWay = null;
  }
}

/* A page that is loaded again may be faster than the last words on their way to the server, so the tab keeps those. */
function keep() {
  const changed = changes(read());
  sessionStorage.removeItem(KEPT);
  if (changed.length > 0 && !closed && form.getAttribute("aria-busy") !== "true")
    sessionStorage.setItem(KEPT, JSON.stringify([form.dataset.saveUrl, changed]));
}

function bringBack() {
  const [url, changed] = JSON.parse(sessionStorage.getItem(KEPT) ?? "[null, []]");
  sessionStorage.removeItem(KEPT);
  if (url === form.dataset.saveUrl) for (const change of changed) put(...change);
}

/* A browser may forbid a page to keep anything; then this page goes on without. */
function ifAllowed(act) {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

ifAllowed(bringBack);
setInterval(save, INTERVAL_MS);
form.addEventListener("change", () => setTimeout(save, SOON_MS));
// What is sent now holds all that the draft did; what is not sent for want of a level needs the draft.
form.addEventListener("submit", (event) => event.defaultPrevented || underWay?.abort());
window.addEventListener("pagehide", () => {
  ifAllowed(keep);
  save(true);
});
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save(true));
document.documentElement.classList.add("autosaves"); // hides the button that saves a draft by hand
