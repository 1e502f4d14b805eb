/* <form data-passkey="get|create" data-question="address" hidden>: appears where the browser knows passkeys. Sending it
   asks the server for the question, has the browser answer it, and posts the answer as the form's own field. */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ids = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));

function options({ publicKey }) {
  const asked = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (publicKey.user) asked.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  if (publicKey.allowCredentials) asked.allowCredentials = ids(publicKey.allowCredentials);
  if (publicKey.excludeCredentials) asked.excludeCredentials = ids(publicKey.excludeCredentials);
  return { publicKey: asked };
}

function answer(credential) {
  const given = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) given[name] = text(credential.response[name]);
  }
  const id = text(credential.rawId);
  return { id, rawId: id, type: credential.type, response: given, clientExtensionResults: {} };
}

async function ask(form) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const response = await fetch(form.dataset.question, { method: "POST", body });
  if (!response.ok) throw new Error("No question.");
  const question = options(await response.json());
  const credential = await navigator.credentials[form.dataset.passkey](question);
  form.elements.answer.value = JSON.stringify(answer(credential));
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  // Before submit_once.js, which listens at the document: a form that asks is not on its way yet.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      await ask(form);
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
