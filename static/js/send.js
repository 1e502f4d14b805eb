/* Sends an answer without a reload. When the line is down the tab keeps it, with the turn's id as its key, and sends it
   again at a growing interval and when the browser is online: the server takes it once, however often it comes. */
const KEPT = "candor-answer";
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
const PATIENCE_MS = 20_000;
const room = window.candorRoom;
let wait = FIRST_WAIT_MS;
let timer = 0;
let underWay = false;

/* A browser may forbid a page to keep anything; then the answer lives as long as the page. */
let memory = null;
function keep(answer) {
  memory = answer;
  try {
    if (answer) sessionStorage.setItem(KEPT, JSON.stringify(answer));
    else sessionStorage.removeItem(KEPT);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

function kept() {
  try {
    return memory ?? JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  } catch {
    return memory;
  }
}

function hold(form, held) {
  form.setAttribute("aria-busy", String(held));
  form.elements.answer.readOnly = held;
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = held;
}

function showWaiting(waits) {
  document.getElementById("waiting").hidden = !waits;
  if (waits) room.say("waiting");
  document.dispatchEvent(new CustomEvent("room:line", { detail: !waits }));
}

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

function formOf(answer) {
  const form = room.composer();
  return form && room.keyOf(form) === answer.key ? form : null;
}

/* What fetch can't settle the browser shall show: the same form, sent as if there were no script. */
function sendPlainly(form) {
  if (!form) return location.reload();
  HTMLFormElement.prototype.submit.call(form);
}

async function settle(answer, response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const form = formOf(answer);
  keep(null);
  showWaiting(false);
  wait = FIRST_WAIT_MS;
  if (![200, 400, 409].includes(response.status)) return sendPlainly(form);
  if (room.merge(page, response.ok ? { sent: true } : { refused: true })) {
    if (response.ok) room.say("sent");
    return room.moved();
  }
  room.moved();
  if (response.ok) location.assign(response.url);
  else sendPlainly(form);
}

async function send() {
  const answer = kept();
  if (!answer || underWay || !token()) return;
  clearTimeout(timer);
  underWay = true;
  const { url, key, text, version } = answer;
  const fields = { csrfmiddlewaretoken: token(), idempotency_key: key, draft_version: version, answer: text };
  try {
    const body = new URLSearchParams(fields);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method: "POST", body, signal, headers: { Accept: "text/html" } });
    if (response.status >= 500 || response.status === 429) throw new Error(String(response.status));
    await settle(answer, response);
  } catch {
    showWaiting(true);
    timer = setTimeout(send, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  } finally {
    underWay = false;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-answer]") || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  const { answer, idempotency_key, draft_version } = form.elements;
  keep({ url: form.action.split("#")[0], key: idempotency_key.value, version: draft_version.value, text: answer.value });
  hold(form, true);
  send();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("form[data-answer]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit]:not([formaction])"));
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-send-now]")) send();
});
window.addEventListener("online", send);

/* The page was loaded again while an answer waited. Where it is the one whose reply is owed, it arrived. */
function goOn() {
  const answer = kept();
  if (!answer) return;
  const here = new URL(document.getElementById("messages").dataset.roomUrl, location.href);
  if (answer.url !== new URL("answer/", here).href) return; // another interview's, in the same tab
  if (room.pendingTurnId() === answer.key) return keep(null);
  const form = formOf(answer);
  if (form) {
    form.elements.answer.value = answer.text;
    hold(form, true);
  }
  send();
}

document.documentElement.classList.add("sends"); // shows what only works with this script
goOn();
