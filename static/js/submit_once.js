/* A form is sent once: a second click while it is on its way does nothing. */
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  // An answer is sent by its own script where that runs (js/send.js).
  const scripted = form.hasAttribute("data-answer") && document.documentElement.classList.contains("sends");
  if (form.method !== "post" || scripted) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  form.setAttribute("aria-busy", "true");
});

// Coming back with the Back button shows the same form again: it may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    sent.delete(form);
    form.removeAttribute("aria-busy");
  }
});
