/* <button data-copy="id of an input" hidden data-done="Copied">: appears with JavaScript and copies the input's value. */
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.querySelector("[data-label]").textContent = button.dataset.done;
  });
}
for (const field of document.querySelectorAll("input[data-select-all]")) {
  field.addEventListener("focus", () => field.select());
}
