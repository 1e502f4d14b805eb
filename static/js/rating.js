/* Rating by keyboard: form[data-review] has a fieldset[data-rating] a competency. One of them is the current one, the
   others are quiet. 1-5 and N choose and go on, J and K go on and back, T goes to the turns of the transcript that were
   asked about the competency, C to its note, Escape back to its scale, Ctrl+Enter submits, "?" opens the list of keys.
   Single keys act only while the focus is in the form or in the transcript, and never in a text (WCAG 2.1.4). */
const form = document.querySelector("form[data-review]");
const groups = form ? [...form.querySelectorAll("[data-rating]")] : [];
const keys = form?.querySelector("[data-review-keys]");
let current = null;
let byPointer = false;

function checked(group) {
  return group.querySelector("input:checked");
}

function turns(group) {
  const numbers = group.dataset.turns.split(" ").filter(Boolean);
  return numbers.map((number) => document.getElementById(`turn-${number}`)).filter(Boolean);
}

function show(group) {
  if (group === current) return;
  current = group;
  for (const one of groups) {
    one.toggleAttribute("data-quiet", one !== group);
    one.toggleAttribute("data-current", one === group);
  }
  for (const turn of document.querySelectorAll("[data-asked]")) turn.removeAttribute("data-asked");
  for (const turn of turns(group)) turn.setAttribute("data-asked", "");
}

function enter(group) {
  show(group);
  (checked(group) ?? group.querySelector("input")).focus({ preventScroll: true });
  group.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const next = groups[groups.indexOf(current) + by];
  enter(next ?? current);
}

function choose(value) {
  current.querySelector(`input[type="radio"][value="${value}"]`).click();
  step(1);
}

function toTranscript() {
  const found = turns(current);
  if (found.length === 0) return;
  const here = found.findIndex((turn) => turn.contains(document.activeElement));
  const turn = found[(here + 1) % found.length];
  turn.tabIndex = -1;
  turn.focus({ preventScroll: true });
  turn.scrollIntoView({ block: "start" });
}

function toNote() {
  current.querySelector("textarea").focus();
}

function toggleKeys() {
  keys.open = !keys.open;
  if (keys.open) keys.querySelector("summary").focus();
  else enter(current);
}

const ACTS = { j: () => step(1), k: () => step(-1), t: toTranscript, c: toNote, "?": toggleKeys };

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]), [contenteditable]");
}

function inWorkspace(target) {
  return form.contains(target) || target.closest("[data-transcript]") !== null;
}

function act(event) {
  const key = event.key.toLowerCase();
  if (event.key === "Escape") return enter(current);
  if (isTyping(event.target)) return null;
  if (/^[1-5n]$/.test(key)) return choose(key.toUpperCase());
  return Object.hasOwn(ACTS, key) ? ACTS[key]() : null;
}

function onKey(event) {
  byPointer = false;
  if (event.isComposing || !inWorkspace(event.target)) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (act(event) !== null) event.preventDefault();
}

function missing() {
  return groups.filter((group) => !checked(group));
}

function nameMissing() {
  const names = missing().map((group) => group.dataset.name);
  form.querySelector("[data-still-missing]").textContent = names.length > 0 ? `${form.dataset.missing} ${names.join(", ")}` : "";
}

/* What is missing is named before anything is sent; without this script the server says it. */
function onSubmit(event) {
  if (event.submitter?.hasAttribute("data-draft-now") || missing().length === 0) return;
  event.preventDefault();
  event.stopPropagation();
  enter(missing()[0]);
  nameMissing();
  form.addEventListener("change", nameMissing);
}

function start() {
  show(groups.find((group) => !checked(group)) ?? groups[0]);
  document.addEventListener("keydown", onKey);
  form.addEventListener("submit", onSubmit);
  // A page that moves under a pressed button would swallow the click, so a pointer changes the current one afterwards.
  form.addEventListener("pointerdown", () => (byPointer = true));
  for (const group of groups) {
    group.addEventListener("focusin", () => byPointer || show(group));
    group.addEventListener("click", () => show(group));
  }
  // Whoever follows a link to the scales wants to rate.
  const follow = () => location.hash === "#rate" && enter(current);
  window.addEventListener("hashchange", follow);
  // The browser goes to the fragment when all is loaded, and takes the focus along.
  if (document.readyState === "complete") follow();
  else window.addEventListener("load", () => setTimeout(follow));
}

if (groups.length > 0) start();
