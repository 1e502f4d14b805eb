/* Rating by keyboard: in [data-rating] (a fieldset of radios) keys 1-5 and N choose and go on to the next one. */
function groups() {
  return [...document.querySelectorAll("[data-rating]")];
}

function choose(group, value) {
  const radio = group.querySelector(`input[type="radio"][value="${value}"]`);
  if (!radio) return;
  radio.click();
  const all = groups();
  const next = all[all.indexOf(group) + 1];
  const target = next ? (next.querySelector("input:checked") ?? next.querySelector("input")) : radio;
  target.focus();
  (next ?? group).scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!event.target.matches("input[type=radio]")) return; // single keys work only where the focus is (WCAG 2.1.4)
  const key = event.key.toUpperCase();
  if (!/^[1-5N]$/.test(key)) return;
  const group = event.target.closest("[data-rating]");
  if (!group) return;
  event.preventDefault();
  choose(group, key);
});
