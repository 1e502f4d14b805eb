/* Saves a half-written form: form[data-draft-url] is posted there when its text has changed, every two seconds and on
   leaving. Its [data-draft-status] says so in words that the page brings (data-saved, data-offline, data-refused). */
const INTERVAL_MS = 2000;
const saved = new WeakMap(); // form -> the text that the server has

function forms() {
  return document.querySelectorAll("form[data-draft-url]");
}

function text(form, when) {
  const written = [...form.querySelectorAll("textarea")].map((field) => (when === "now" ? field.value : field.defaultValue));
  const chosen = [...form.querySelectorAll("input[type=radio]")].map((field) => (when === "now" ? field.checked : field.defaultChecked));
  return JSON.stringify([written, chosen]);
}

function say(form, key, time = "") {
  const status = form.querySelector("[data-draft-status]");
  if (status) status.textContent = `${status.dataset[key]} ${time}`.trim();
}

function clockTime() {
  return new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

async function save(form, keepalive = false) {
  const before = saved.get(form) ?? text(form, "before");
  const now = text(form, "now");
  // A form that was just sent must not come back as a draft.
  if (before === now || form.getAttribute("aria-busy") === "true") return;
  saved.set(form, now);
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(form.dataset.draftUrl, { method: "POST", body: new FormData(form), headers, keepalive });
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
    say(form, response.ok ? "saved" : "refused", response.ok ? clockTime() : "");
  } catch {
    if (saved.get(form) === now) saved.set(form, before);
    say(form, "offline");
  }
}

function saveAll(keepalive) {
  for (const form of forms()) save(form, keepalive);
}

setInterval(() => saveAll(false), INTERVAL_MS);
window.addEventListener("pagehide", () => saveAll(true));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveAll(true);
});
document.documentElement.classList.add("autosaves"); // hides the button that saves a draft by hand
