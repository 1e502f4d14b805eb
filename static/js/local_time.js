/* <time data-local datetime="...">: the server writes its own zone's clock; here it becomes the reader's. */
function show(time) {
  const language = document.documentElement.lang;
  time.textContent = new Date(time.dateTime).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  time.removeAttribute("data-local");
}

function showAll() {
  for (const time of document.querySelectorAll("time[data-local]")) show(time);
}

// The room brings in new messages without a reload.
new MutationObserver(showAll).observe(document.body, { childList: true, subtree: true });
showAll();
