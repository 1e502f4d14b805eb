/* The clock only shows what the server owns: the seconds left when it was asked, counted down without this device's clock. */
const marks = { 300: "five", 60: "one", 0: "over" };
const GRACE_S = 32; // then the server takes no answer any more
const room = window.candorRoom; // the review of the answers has none
const asked = new WeakMap(); // element -> [seconds left, when]
let last = Infinity;

function now(clock) {
  if (!asked.has(clock)) asked.set(clock, [Number(clock.dataset.secondsLeft), performance.now()]);
  const [left, since] = asked.get(clock);
  return Math.round(left - (performance.now() - since) / 1000);
}

function speak(left) {
  for (const [mark, key] of Object.entries(marks)) {
    if (left <= mark && last > mark && last !== Infinity) return room?.say(key);
  }
}

function tick() {
  const clock = document.querySelector("#timer [data-seconds-left]");
  if (!clock) return;
  const left = now(clock);
  const shown = Math.max(0, left);
  clock.textContent = `${Math.floor(shown / 60)}:${String(shown % 60).padStart(2, "0")}`;
  speak(left);
  if (left <= -GRACE_S && last > -GRACE_S) room?.bringIn().catch(() => {});
  last = left;
}

document.addEventListener("room:clock", (event) => {
  const clock = document.querySelector("#timer [data-seconds-left]");
  if (clock && event.detail !== null) asked.set(clock, [event.detail, performance.now()]);
});
setInterval(tick, 1000);
