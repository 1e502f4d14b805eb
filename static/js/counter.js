/* Shows how much of a limited text field is left: [data-counter-for="id"][data-template="%d characters left"].
   It stays quiet until a fifth is left. Screen readers hear it at a few steps ([data-counter-say]), not at every key. */
const STEPS = [0.2, 0.1, 0.02, 0];
const spoken = new WeakMap(); // field -> the step that was spoken last

function speak(field, left, words) {
  const region = field.form?.querySelector("[data-counter-say]");
  const step = STEPS.filter((share) => left <= field.dataset.limit * share).length;
  if (!region || step === (spoken.get(field) ?? 0)) return;
  spoken.set(field, step);
  region.textContent = step ? words : "";
}

function update(field) {
  const output = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (!output) return;
  // The server counts characters, not UTF-16 units; an emoji is one.
  const left = field.dataset.limit - [...field.value].length;
  output.hidden = left > field.dataset.limit / 5;
  output.textContent = output.dataset.template.replace("%d", left.toLocaleString(document.documentElement.lang));
  output.toggleAttribute("data-over", left < 0);
  field.setAttribute("aria-invalid", left < 0 ? "true" : "false");
  speak(field, left, output.textContent);
}

/* What was wrong with a text that was sent is said until the text is changed; of one too long, until it is short enough. */
function forgetError(field) {
  if (field.getAttribute("aria-invalid") === "true") return;
  document.querySelector(`[data-error-of="${CSS.escape(field.id)}"]`)?.remove();
}

document.addEventListener("input", (event) => {
  if (!event.target.dataset.limit) return;
  update(event.target);
  forgetError(event.target);
});
for (const field of document.querySelectorAll("[data-limit]")) update(field);
