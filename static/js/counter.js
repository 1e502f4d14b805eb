/* Shows how much of a limited text field is left: <output data-counter-for="id" data-template="%d characters left">.
   It stays quiet until a fifth is left, and speaks to screen readers only then. */
function update(field) {
  const output = document.querySelector(`[data-counter-for="${CSS.escape(field.id)}"]`);
  if (!output) return;
  // The server counts characters, not UTF-16 units; an emoji is one.
  const left = field.dataset.limit - [...field.value].length;
  output.hidden = left > field.dataset.limit / 5;
  output.textContent = output.dataset.template.replace("%d", left.toLocaleString(document.documentElement.lang));
  output.toggleAttribute("data-over", left < 0);
  field.setAttribute("aria-invalid", left < 0 ? "true" : "false");
}

document.addEventListener("input", (event) => {
  if (event.target.dataset.limit) update(event.target);
});
for (const field of document.querySelectorAll("[data-limit]")) update(field);
