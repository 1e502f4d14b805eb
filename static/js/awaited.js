/* data-awaited="address": asks there, less and less often and not for ever, whether the page has more to show now. */
const FIRST_MS = 2000;
const GROWTH = 1.5;
const LONGEST_MS = 30_000;
const END_MS = 15 * 60_000;
const address = document.querySelector("[data-awaited]")?.dataset.awaited;
let pause = FIRST_MS;
let waited = 0;

async function ask() {
  const response = await fetch(address, { cache: "no-store" }).catch(() => null);
  const said = response?.ok ? await response.json().catch(() => null) : null;
  if (said?.awaited === false) show();
  else wait();
}

// Each load of the page is a reading of a resume in the audit trail: nobody reads in a tab that is not looked at.
function show() {
  if (document.hidden) document.addEventListener("visibilitychange", show, { once: true });
  else location.replace(location.pathname + location.search);
}

function wait() {
  if (waited >= END_MS) return;
  waited += pause;
  setTimeout(ask, pause);
  pause = Math.min(pause * GROWTH, LONGEST_MS);
}

if (address) wait();
