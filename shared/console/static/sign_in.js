// Sends the key once, in a header: it never becomes part of an address or of a stored page.
const form = document.getElementById("sign-in");
const refused = document.getElementById("refused");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  refused.hidden = true;
  try {
    const answer = await fetch(form.dataset.session, {
      method: "POST",
      headers: { "x-functions-key": document.getElementById("key").value },
    });
    if (answer.ok) {
      location.assign(form.dataset.to);
      return;
    }
    refused.textContent = answer.status === 401 ? "This is not the host key." : await words(answer);
  } catch {
    refused.textContent = "The app does not answer.";
  }
  refused.hidden = false;
  button.disabled = false;
  document.getElementById("key").focus();
});

async function words(answer) {
  try {
    const { detail, hint } = await answer.json();
    return [detail, hint].filter(Boolean).join(" ");
  } catch {
    return `The app answered ${answer.status}.`;
  }
}
