/* The interview room: brings in what is new without a reload, asks whether a reply has come, and notices when another tab
   or device went on. Other modules reach it as window.candorRoom; it tells them by events on the document:
   room:changed (new content was brought in), room:clock (the server's seconds left), room:line (detail: is it up). */
const FIRST_MS = 300; // without a model the reply is there at once
const POLL_MS = 1000;
const SLOWEST_MS = 8000;
const CHECK_MS = 30_000; // another device may have answered; other tabs of this browser say so themselves
const GAP_PX = 12; // between the newest message and the foot
const root = document.getElementById("room");
const others = "BroadcastChannel" in window ? new BroadcastChannel("candor-room") : null;
let wait = POLL_MS;
let polling = true;
let timer = 0;

const byId = (id) => document.getElementById(id);
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function composer() {
  return document.querySelector("#below form[data-answer]");
}

/* The id of the turn whose reply is owed, or null. */
function pendingTurnId() {
  return document.querySelector("#below [data-poll-url]")?.dataset.turnId ?? null;
}

/* Speak once: the words of `key` for who does not see the page. */
function say(key) {
  const region = byId("say");
  const words = region?.dataset[key] ?? "";
  if (region && region.textContent !== words) region.textContent = words;
}

/* The words of a stage, or how many replies come before this one. */
function showStage(stage, position) {
  const owed = document.querySelector("#below [data-poll-url]");
  const region = byId("status-text");
  if (!owed || !region) return;
  const words = position ? owed.dataset.queue.replace("%d", position) : (owed.dataset[stage] ?? owed.dataset.received);
  if (region.textContent !== words) region.textContent = words;
}

function newest() {
  return byId("live-message") ?? document.querySelector("#messages > [id^=m-]:last-child");
}

/* By its start, below the header: the foot of the page is covered. */
function showNewest() {
  newest()?.scrollIntoView({ block: "start", behavior: "instant" });
}

function footTop() {
  return byId("foot").getBoundingClientRect().top;
}

/* Bring the newest message's end, where its question stands, above the foot. */
function uncover() {
  const message = newest()?.getBoundingClientRect();
  const covered = message ? message.bottom + GAP_PX - footTop() : 0;
  if (covered > 0) scrollBy({ top: covered, behavior: "instant" });
}

/* Who is at the newest message is taken along to a newer one; who has its end in sight keeps that, whatever grows: a longer
   text, a newer draft, the word that the line is down, the keyboard. Who reads further up is left there. */
let near = true;
let atEnd = true;
function noteScroll() {
  const message = newest()?.getBoundingClientRect();
  near = (message?.top ?? 0) < footTop();
  atEnd = (message?.bottom ?? 0) <= footTop() + 1;
}

function comeAlong() {
  if (near) uncover();
}

function follow() {
  if (atEnd) uncover();
}

/* This page may be the answer to a form that was sent: loading its address again would send that form again. */
function roomUrl() {
  return new URL(byId("messages").dataset.roomUrl, location.href).href;
}

/* The room is left. Words in the box go along as a draft, never as an answer: the next page shows them. */
function leave() {
  const form = composer();
  if (!form?.elements.answer.value.trim()) return location.assign(roomUrl());
  form.setAttribute("aria-busy", "true");
  form.action = form.dataset.draftUrl;
  HTMLFormElement.prototype.submit.call(form);
}

function keyOf(form) {
  return form?.elements.idempotency_key.value ?? "";
}

/* Words that were typed for a question that is over stay in sight. */
function keepInSight(words) {
  const notice = byId("unsent-words").content.cloneNode(true);
  notice.querySelector("[data-unsent]").textContent = words;
  byId("below").prepend(notice);
  say("moved");
}

function replaceBelow(page, words) {
  const before = byId("unsent");
  byId("below").replaceWith(document.adoptNode(page.getElementById("below")));
  if (byId("unsent")) return;
  if (words) keepInSight(words);
  else if (before) byId("below").prepend(before);
}

/* Bring in what a page of this room has and this one has not. `sent`: the words in the box were taken;
   `refused`: they come back with the page. A box for the same question is left alone while somebody types.
   Returns whether the page was one of this room. */
function merge(page, { sent = false, refused = false } = {}) {
  if (!page.getElementById("messages")) return false;
  const old = composer();
  const same = old && !sent && !refused && keyOf(old) === keyOf(page.querySelector("#below form[data-answer]"));
  const words = old && !sent && !refused ? old.elements.answer.value.trim() : "";
  const focused = document.activeElement;
  const mayFocus = !focused || focused === document.body || byId("below").contains(focused);
  for (const message of page.querySelectorAll("#messages > [id^=m-]")) {
    if (!byId(message.id)) byId("messages").append(document.adoptNode(message));
  }
  for (const id of ["progress", "timer", "options"]) {
    const fresh = page.getElementById(id);
    if (fresh && !byId(id).open) byId(id).replaceWith(document.adoptNode(fresh));
  }
  root.dataset.turnId = page.getElementById("room").dataset.turnId;
  history.replaceState(null, "", roomUrl());
  if (!same) {
    if (sent) byId("unsent")?.remove();
    replaceBelow(page, words);
    if (sent || near) showNewest();
    if (mayFocus) document.querySelector("#below textarea")?.focus({ preventScroll: true });
  }
  tell("room:changed");
  if (polling) startPolling();
  return true;
}

/* Fetch the room and bring in what is new. */
async function bringIn() {
  const response = await fetch(roomUrl(), { headers: { Accept: "text/html" } });
  if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!response.ok || !merge(page)) leave();
}

function startPolling() {
  polling = true;
  clearTimeout(timer);
  timer = setTimeout(poll, FIRST_MS);
}

function stopPolling() {
  polling = false;
  clearTimeout(timer);
}

async function poll() {
  const owed = document.querySelector("#below [data-poll-url]");
  if (!owed || !polling) return;
  try {
    const response = await fetch(owed.dataset.pollUrl, { headers: { Accept: "application/json" } });
    if (response.status === 404 || response.status === 403) return location.assign(roomUrl());
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    wait = POLL_MS;
    tell("room:line", true);
    if (answer.status !== "owed" && answer.status !== "asking") return await bringIn();
    showStage(answer.stage, answer.position_in_queue);
  } catch {
    tell("room:line", false);
    const region = byId("status-text");
    if (region) region.textContent = owed.dataset.offline;
    wait = Math.min(wait * 2, SLOWEST_MS);
  }
  if (polling) timer = setTimeout(poll, wait);
}

/* Has the question been answered, skipped or paused elsewhere? Then this page goes on too. */
async function check() {
  const form = composer();
  if (!form || form.getAttribute("aria-busy") === "true" || document.visibilityState !== "visible") return;
  try {
    const response = await fetch(root.dataset.stateUrl, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const now = await response.json();
    tell("room:line", true);
    const moved = now.turn !== keyOf(form) || now.status !== "open" || now.interview !== "in_progress";
    if (moved && composer() === form && form.getAttribute("aria-busy") !== "true") await bringIn();
    else tell("room:clock", now.seconds_left);
  } catch {
    // the next look will tell
  }
}

function showLine(up) {
  for (const line of document.querySelectorAll("[data-line]")) {
    const text = line.querySelector("[data-line-text]");
    line.toggleAttribute("data-off", !up);
    text.textContent = up ? text.dataset.on : text.dataset.off;
    line.hidden = false;
  }
}

window.candorRoom = Object.freeze({
  bringIn, check, composer, keyOf, merge, pendingTurnId, say, showStage, startPolling, stopPolling,
  comeAlong, follow, moved: () => others?.postMessage(root.dataset.stateUrl),
});
others?.addEventListener("message", (event) => {
  if (event.data === root.dataset.stateUrl) check();
});
document.addEventListener("room:moved", check);
document.addEventListener("room:line", (event) => showLine(event.detail));
document.addEventListener("visibilitychange", check);
window.addEventListener("pageshow", (event) => event.persisted && check());
window.addEventListener("offline", () => showLine(false));
window.addEventListener("online", () => check());
setInterval(check, CHECK_MS);
showLine(navigator.onLine);
if (document.querySelectorAll("#messages > [id^=m-]").length > 2) showNewest();
new ResizeObserver(follow).observe(byId("foot"));
window.addEventListener("resize", follow);
window.addEventListener("scroll", noteScroll, { passive: true });
startPolling();
others?.postMessage(root.dataset.stateUrl); // whatever led here, other tabs may be behind now
