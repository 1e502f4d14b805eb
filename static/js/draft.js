/* Saves a half-written form: form[data-draft-url] is posted there when its text has changed, every two seconds and on
   leaving. Its [data-draft-status] says so in words that the page brings (data-saved, data-offline, data-refused). */
const INTERVAL_MS = 2000;
const KEPT = "candor-unsaved";
const sent = new WeakMap(); // form -> the text that went to the server last
const stored = new WeakMap(); // form -> the text that the server said it has

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

/* What the server had when it sent the page. A form that comes back with an error (data-unsaved) holds a text that was
   refused, so nothing of it is stored anywhere yet. */
function before(form) {
  return form.hasAttribute("data-unsaved") ? "" : text(form, "before");
}

function say(form, key, time = "") {
  const status = form.querySelector("[data-draft-status]");
  if (status) status.textContent = `${status.dataset[key]} ${time}`.trim();
}

function clockTime() {
  return new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

async function save(form, keepalive = false) {
  const last = sent.get(form) ?? before(form);
  const now = text(form, "now");
  // A form that was just sent must not come back as a draft.
  if (last === now || form.getAttribute("aria-busy") === "true") return;
  sent.set(form, now);
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(form.dataset.draftUrl, { method: "POST", body: new FormData(form), headers, keepalive });
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
    if (response.ok) stored.set(form, now);
    say(form, response.ok ? "saved" : "refused", response.ok ? clockTime() : "");
  } catch {
    if (sent.get(form) === now) sent.set(form, last);
    say(form, "offline");
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
  sessionStorage.setItem(KEPT, JSON.stringify(unsaved.map((form) => [nameOf(form), text(form, "now")])));
}

function bringBack() {
  const kept = new Map(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  sessionStorage.removeItem(KEPT);
  for (const form of forms()) {
    if (!kept.has(nameOf(form))) continue;
    const [written, chosen] = JSON.parse(kept.get(nameOf(form)));
    fields(form, "text").forEach((field, index) => (field.value = written[index]));
    fields(form, "choice").forEach((field, index) => (field.checked = chosen[index]));
    for (const field of fields(form, "text")) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
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
setInterval(() => saveAll(false), INTERVAL_MS);
window.addEventListener("pagehide", () => {
  ifAllowed(keepUnsaved);
  saveAll(true);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveAll(true);
});
document.documentElement.classList.add("autosaves"); // hides the button that saves a draft by hand
