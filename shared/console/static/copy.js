// Copies values to the clipboard; the password comes only when it is asked for, and is written nowhere.
const copied = document.getElementById("copied");

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    copied.hidden = false;
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? (await password(button)));
      copied.textContent = "Copied.";
    } catch {
      copied.textContent = "It could not be copied.";
    }
  });
}

async function password(button) {
  const headers = { "X-Form-Token": button.dataset.token };
  const answer = await fetch(button.dataset.fetch, { method: "POST", headers });
  return (await answer.json()).password;
}
