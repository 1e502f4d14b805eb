/* data-look-again="seconds": while it is on the page, what the page shows is fetched anew and put in the place of the old. */
const page = () => document.querySelector("[data-look-again]");

async function look() {
  const response = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (response?.ok) {
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = fresh.querySelector("#main");
    if (main) {
      document.title = fresh.title;
      document.querySelector("#main").replaceChildren(...main.childNodes);
    }
  }
  wait();
}

function wait() {
  if (page()) setTimeout(look, Number(page().dataset.lookAgain) * 1000);
}

wait();
