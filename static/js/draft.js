/* Saves a half-written form: form[data-draft-url] is posted there when its text has changed, every two seconds and on
   leaving. Its [data-draft-status] says so in words that the page brings (data-saved, data-offline, data-stale, and data-draft…
   for why the server refused it).
   A form with a draft_version names the save it follows; when another tab saved meanwhile nothing is overwritten: its text
   is shown in [data-newer], and the writer chooses. */
const INTERVAL_MS = 2000;
const KEPT = "candor-unsaved";
const sent = new WeakMap(); // form -> the text that went to the server last
const stored = new WeakMap(); // form -> the text that the server said it has
const ours = new WeakMap(); // form -> the words that this page sent as drafts
const choosing = new WeakMap(); // form -> the newer draft that waits for a choice
const underWay = new WeakMap(); // form -> what ends its save

function forms() {
  return document.querySelectorAll("form[data-draft-url]");
}

function fields(form, type) {
  return [...form.querySelectorAll(type === "text" ? "textarea" : "input[type=radio]")];
}

function text(form, when) {
  const written = fields(form, "text").map((field) => (when === "now" ? field.value : field.defaultValue));
  const chosen = fields(form, "choice").map((field) => (when === "now" ? field.checked : field.defaultChecked));
  return JSON.stringify([written, chosen]);
}

/* The words as the server stores them. */
function clean(words) {
  return words.replace(/\r\n?/g, "\n").trim();
}

function words(form) {
  return clean(fields(form, "text")[0]?.value ?? "");
}

function version(form) {
  return form.elements.draft_version;
}

/* What the server had when it sent the page. A form that comes back with an error (data-unsaved) holds a text that was
   refused, so nothing of it is stored anywhere yet. */
function before(form) {
  return form.hasAttribute("data-unsaved") ? "" : text(form, "before");
}

function say(form, key, time = "") {
  const status = form.querySelector("[data-draft-status]");
  const said = status ? `${status.dataset[key] ?? status.dataset.draft} ${time}`.trim() : "";
  if (!status || status.textContent === said) return;
  status.textContent = said;
  if (key !== "saved") window.candorRoom?.say(key);
}

function clockTime(instant) {
  const shown = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return instant.toLocaleTimeString(document.documentElement.lang, shown);
}

function put(form, value) {
  const field = fields(form, "text")[0];
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/* Two texts, and one of them is shown beside the box until the writer has chosen. */
function choose(form, held) {
  const box = form.querySelector("[data-newer]");
  if (!box) return;
  choosing.set(form, held);
  box.querySelector("[data-newer-text]").textContent = held.text;
  box.querySelector("[data-keep-this]").hidden = false;
  box.hidden = false;
  say(form, "stale");
}

function chosen(form, takeNewer) {
  const held = choosing.get(form);
  choosing.delete(form);
  form.querySelector("[data-newer]").hidden = true;
  version(form).value = held.version;
  if (takeNewer) {
    put(form, held.text);
    sent.set(form, text(form, "now"));
    stored.set(form, text(form, "now"));
  } else {
    sent.set(form, "");
    save(form);
  }
  fields(form, "text")[0].focus();
}

/* Another save was faster: this page's own, whose acknowledgement was lost, or somebody else's. */
function refuseStale(form, held) {
  if ((ours.get(form) ?? []).includes(held.text) || held.text === words(form)) {
    version(form).value = held.version;
    sent.set(form, "");
  } else choose(form, held);
}

async function settle(form, response, now) {
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  const held = json ? await response.json() : null;
  if (response.status === 410) return document.dispatchEvent(new CustomEvent("room:moved"));
  if (response.status === 409 && held) return refuseStale(form, held);
  if (response.status === 413) return say(form, "draft_long");
  if (!response.ok) return say(form, held?.reason ?? "draft");
  stored.set(form, now);
  if (held) version(form).value = held.version;
  say(form, "saved", clockTime(held?.saved_at ? new Date(held.saved_at) : new Date()));
}

async function save(form, keepalive = false) {
  const last = sent.get(form) ?? before(form);
  const now = text(form, "now");
  // A form that was just sent must not come back as a draft.
  if (last === now || choosing.has(form) || form.getAttribute("aria-busy") === "true") return;
  if (underWay.has(form) && !keepalive) return;
  const ends = new AbortController();
  underWay.set(form, ends);
  sent.set(form, now);
  ours.set(form, [...(ours.get(form) ?? []).slice(-9), words(form)]);
  try {
    const headers = { Accept: "application/json" };
    const sending = { method: "POST", body: new FormData(form), headers, keepalive, signal: ends.signal };
    const response = await fetch(form.dataset.draftUrl, sending);
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
    await settle(form, response, now);
    document.dispatchEvent(new CustomEvent("room:line", { detail: true }));
  } catch {
    if (sent.get(form) === now) sent.set(form, last);
    if (ends.signal.aborted) return;
    say(form, "offline");
    document.dispatchEvent(new CustomEvent("room:line", { detail: false }));
  } finally {
    if (underWay.get(form) === ends) underWay.delete(form);
  }
}

function saveAll(keepalive) {
  for (const form of forms()) save(form, keepalive);
}

/* A page that is loaded again may be faster than the last words on their way to the server, so the tab keeps those
   until it is: for the same question only, and only while the server did not say that it has them. */
function nameOf(form) {
  return `${form.dataset.draftUrl} ${form.elements.idempotency_key?.value ?? ""}`;
}

function keepUnsaved() {
  const unsaved = [...forms()].filter((form) => text(form, "now") !== (stored.get(form) ?? before(form)));
  sessionStorage.removeItem(KEPT);
  if (unsaved.length === 0) return;
  const kept = unsaved.map((form) => [nameOf(form), [text(form, "now"), version(form)?.value, ours.get(form) ?? []]]);
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

function bringBack() {
  const kept = new Map(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  sessionStorage.removeItem(KEPT);
  for (const form of forms()) if (kept.has(nameOf(form))) bringBackInto(form, ...kept.get(nameOf(form)));
}

function bringBackInto(form, signature, follows, saved) {
  const [written, ticked] = JSON.parse(signature);
  const held = { version: version(form)?.value, text: words(form) };
  fields(form, "text").forEach((field, index) => (field.value = written[index]));
  fields(form, "choice").forEach((field, index) => (field.checked = ticked[index]));
  for (const field of fields(form, "text")) field.dispatchEvent(new Event("input", { bubbles: true }));
  // The last save before leaving may still be on its way, so it is this page's own.
  ours.set(form, [...saved, words(form)]);
  if (follows !== undefined && follows !== held.version && !ours.get(form).includes(held.text)) choose(form, held);
}

/* A browser may forbid a page to keep anything; then this page goes on without. */
function ifAllowed(act) {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take-newer], [data-keep-this]");
  const form = button?.closest("form[data-draft-url]");
  if (!form || !choosing.has(form)) return;
  event.preventDefault();
  chosen(form, button.hasAttribute("data-take-newer"));
});
// What is sent now holds all that the draft did, and may be there first: the draft would come too late.
document.addEventListener("submit", (event) => underWay.get(event.target)?.abort());
ifAllowed(bringBack);
setInterval(() => saveAll(false), INTERVAL_MS);
window.addEventListener("pagehide", () => {
  ifAllowed(keepUnsaved);
  saveAll(true);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveAll(true);
});
document.documentElement.classList.add("autosaves"); // hides the button that saves a draft by hand
