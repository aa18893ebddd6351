// Sends a dropped or chosen report, shows how much of it is sent, and then what became of it.
const form = document.getElementById("import");
const report = document.getElementById("report");
const drop = document.getElementById("drop");
const progress = document.getElementById("progress");
const said = document.getElementById("said");

for (const kind of ["dragenter", "dragover"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  drop.addEventListener(kind, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  report.files = event.dataTransfer.files;
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const asset = document.getElementById("asset");
  const kind = document.getElementById("kind")?.value ?? asset.selectedOptions[0].dataset.kind;
  const query = new URLSearchParams({ kind, asset: asset.value });
  for (const name of ["full", "confirm"]) {
    if (document.getElementById(name).checked) query.set(name, "true");
  }
  const request = new XMLHttpRequest(); // fetch tells nothing of how much is sent
  request.open("POST", `${form.dataset.address}?${query}`);
  request.setRequestHeader("X-Form-Token", form.dataset.token);
  request.setRequestHeader("Content-Type", "application/sarif+json");
  request.upload.addEventListener("progress", (sent) => {
    progress.value = sent.lengthComputable ? (100 * sent.loaded) / sent.total : 0;
  });
  request.addEventListener("loadend", () => show(request));
  progress.hidden = false;
  say("The report is being sent.", "");
  form.querySelector("button").disabled = true;
  request.send(report.files[0]);
});

function show(request) {
  form.querySelector("button").disabled = false;
  progress.hidden = true;
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // An answer that is no JSON is not one of ours.
  }
  if (request.status === 202) {
    const gone = answer.gone ? `, ${answer.gone} gone` : "";
    say(`${answer.accepted} accepted (${answer.changed} new or changed, ${answer.unchanged} unchanged), ${answer.refused} refused${gone}. `, "good");
    const link = Object.assign(document.createElement("a"), { href: answer.page, textContent: "See the import" });
    said.append(link);
  } else {
    const why = (answer.problems ?? []).map((one) => `${one.field} ${one.message}`).join("; ");
    say([answer.detail ?? "The app did not answer.", answer.hint, why].filter(Boolean).join(" "), "bad");
  }
}

function say(text, kind) {
  said.textContent = text;
  said.className = `note ${kind}`;
  said.hidden = false;
}
