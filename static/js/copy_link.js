/* <button data-copy="id of an input, or of a list" hidden data-done="Copied">: appears with JavaScript and copies the
   input's value, or the list's items, one a line. */
function held(element) {
  return element.value ?? [...element.children].map((item) => item.textContent.trim()).join("\n");
}
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(held(document.getElementById(button.dataset.copy)));
    button.querySelector("[data-label]").textContent = button.dataset.done;
  });
}
for (const field of document.querySelectorAll("input[data-select-all]")) {
  field.addEventListener("focus", () => field.select());
}
