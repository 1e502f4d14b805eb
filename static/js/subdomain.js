// Says of a subdomain, while it is typed, whether it can be had, and suggests one from the company's name.

const form = document.querySelector("[data-signup]");
const company = form.elements.namedItem("company");
const subdomain = form.elements.namedItem("subdomain");
const hint = form.querySelector("[data-hint]");
const PAUSE_MS = 400;
let timer = 0;
let asked = 0;
let suggested = subdomain.value === "";

form.querySelector("[data-check]").hidden = true;

async function look() {
  const mine = ++asked;
  const query = new URLSearchParams(suggested ? { company: company.value } : { subdomain: subdomain.value });
  const response = await fetch(`${form.dataset.signup}?${query}`).catch(() => null);
  if (!response?.ok || mine !== asked) return;
  const found = await response.json();
  if (suggested) subdomain.value = found.subdomain;
  hint.textContent = found.text;
  hint.classList.toggle("text-good", found.good);
  hint.classList.toggle("text-bad", !found.good);
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
}

company.addEventListener("input", () => {
  if (suggested) soon();
});
subdomain.addEventListener("input", () => {
  suggested = subdomain.value === "";
  soon();
});
