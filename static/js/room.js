/* The interview room: asks whether the reply has come ([data-poll-url], JSON with status, stage and
   position_in_queue; the words for each stage are its data attributes), then brings in the new messages and the composer without a reload. */
const FIRST_MS = 300; // without a model the reply is there at once
const POLL_MS = 1000;
const SLOWEST_MS = 8000;
let wait = POLL_MS;

function place(text) {
  const region = document.getElementById("status-text");
  if (region && text && region.textContent !== text) region.textContent = text;
}

function describe(words, answer) {
  if (answer.position_in_queue) return words.queue.replace("%d", answer.position_in_queue);
  return words[answer.stage] ?? words.received;
}

/* By its start, below the header: the composer covers the foot of the page. */
function showNewest(behavior) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector("#messages > :last-child")?.scrollIntoView({ block: "start", behavior: calm ? "instant" : behavior });
}

/* This page may be the answer to a form that was sent: loading its address again would send that form again. */
function roomUrl() {
  return new URL(document.getElementById("messages").dataset.roomUrl, location.href).href;
}

async function bringIn() {
  const response = await fetch(roomUrl(), { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return location.assign(roomUrl());
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const log = document.getElementById("messages");
  const unsent = document.getElementById("unsent"); // words that were not taken stay in sight
  for (const message of page.querySelectorAll("#messages > [id]")) {
    if (!document.getElementById(message.id)) log.append(document.adoptNode(message));
  }
  for (const id of ["progress", "below"]) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id).replaceWith(document.adoptNode(fresh));
  }
  if (unsent) document.getElementById("below").prepend(unsent);
  history.replaceState(null, "", roomUrl());
  showNewest("smooth");
  document.querySelector("#below textarea")?.focus({ preventScroll: true });
}

async function poll() {
  const owed = document.querySelector("[data-poll-url]");
  if (!owed) return;
  try {
    const response = await fetch(owed.dataset.pollUrl, { headers: { Accept: "application/json" } });
    if (response.status === 404 || response.status === 403) return location.assign(roomUrl());
    if (!response.ok) throw new Error(String(response.status));
    const answer = await response.json();
    wait = POLL_MS;
    if (answer.status !== "owed" && answer.status !== "asking") return await bringIn();
    place(describe(owed.dataset, answer));
  } catch {
    place(owed.dataset.offline);
    wait = Math.min(wait * 2, SLOWEST_MS);
  }
  setTimeout(poll, wait);
}

/* The clock only shows what the server owns: seconds left when the page was made. */
function tick(clock, left, since) {
  const now = Math.max(0, Math.round(left - (performance.now() - since) / 1000));
  const minutes = Math.floor(now / 60);
  clock.textContent = `${minutes}:${String(now % 60).padStart(2, "0")}`;
}

const clock = document.querySelector("[data-seconds-left]");
if (clock) {
  const since = performance.now();
  setInterval(() => tick(clock, Number(clock.dataset.secondsLeft), since), 1000);
}
if (document.querySelectorAll("#messages > *").length > 2) showNewest("instant");
setTimeout(poll, FIRST_MS);
