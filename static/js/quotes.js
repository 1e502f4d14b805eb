/* Following a link to a quote marks it, brings it into view and lets the Back button return to the link. */
function show() {
  for (const mark of document.querySelectorAll("mark.is-active")) mark.classList.remove("is-active");
  const target = location.hash.startsWith("#q-") && document.getElementById(location.hash.slice(1));
  if (!target) return;
  target.classList.add("is-active");
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "center" });
}

window.addEventListener("hashchange", show);
show();
