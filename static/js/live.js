/* Listens to the interviewer while it writes: a ticket from the page's server opens the event stream, sentences are
   shown as they come, and the end brings in what the server recorded. Without a stream room.js goes on asking. */
const room = window.candorRoom; // room.js stands before this module in the page
const SILENCE_MS = 40000; // the server beats every 15 s
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;
const SAFETY_MS = 10000; // even with a stream the page asks now and then: an event may get lost, the answer may not

let lastId = "";
let turn = ""; // whose words are shown
let attempt = 0;
let waitMs = FIRST_WAIT_MS;
let connected = false;
let safety = 0;

function ticketUrl() {
  return document.getElementById("room")?.dataset.ticketUrl;
}

/* The words so far, for the eye. Screen readers hear the whole message once, when it is there. */
function draftMessage() {
  const shown = document.getElementById("live-message");
  if (shown) return shown.querySelector("[data-words]");
  const template = document.getElementById("live-template");
  if (!template) return null;
  document.getElementById("messages").after(template.content.cloneNode(true));
  room.comeAlong();
  return document.querySelector("#live-message [data-words]");
}

function forget() {
  document.getElementById("live-message")?.remove();
  turn = "";
  attempt = 0;
}

/* Answered in another tab or on another device: this page still shows the question. */
function isBehind(event) {
  const form = room.composer();
  return form !== null && room.keyOf(form) === event.turn && form.getAttribute("aria-busy") !== "true";
}

async function happened(event) {
  if (event.type === "reset") return forget();
  if (event.turn !== room.pendingTurnId()) {
    if (isBehind(event)) await room.bringIn();
    if (event.turn !== room.pendingTurnId()) return;
  }
  if (event.turn === turn && event.attempt < attempt) return; // a worker that was given up
  if (event.turn !== turn || event.attempt > attempt) {
    forget();
    ({ turn, attempt } = event);
  }
  if (event.type === "stage") room.showStage(event.stage, null);
  if (event.type === "text") {
    draftMessage()?.append(event.text);
    room.follow();
  }
  if (event.type === "end") {
    await room.bringIn();
    forget();
  }
}

/* Server-Sent Events by hand: EventSource can send neither a ticket in a header nor its last id after a new ticket. */
async function read(response, alive) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) await hear(part);
  }
}

async function hear(part) {
  let data = "";
  for (const line of part.split("\n")) {
    if (line.startsWith("id: ")) lastId = line.slice(4);
    if (line.startsWith("data: ")) data = line.slice(6);
  }
  if (data) await happened(JSON.parse(data));
}

async function ticket() {
  const response = await fetch(ticketUrl(), { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function listenOnce() {
  const given = await ticket();
  const headers = { Authorization: `Ticket ${given.ticket}` };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const control = new AbortController();
  let timer = 0;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => control.abort(), SILENCE_MS);
  };
  try {
    alive();
    const response = await fetch(given.url, { headers, signal: control.signal, cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    waitMs = FIRST_WAIT_MS;
    connected = true;
    watch();
    await read(response, alive);
  } finally {
    clearTimeout(timer);
    connected = false;
    room.startPolling();
  }
}

/* While the stream lives nobody asks every second. */
function watch() {
  clearTimeout(safety);
  if (!connected) return;
  room.stopPolling();
  if (room.pendingTurnId()) safety = setTimeout(() => room.startPolling(), SAFETY_MS);
}

async function listen() {
  while (ticketUrl()) {
    try {
      await listenOnce();
    } catch {
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
    await new Promise((resume) => setTimeout(resume, waitMs * (0.75 + Math.random() / 2)));
  }
}

document.addEventListener("room:changed", () => {
  if (turn !== room.pendingTurnId()) forget(); // the reply came by another way
  watch();
});
addEventListener("online", () => {
  waitMs = FIRST_WAIT_MS;
});
listen();
