// Makes the picture one that can be moved, zoomed and searched; without it, it is an image with a list below.
const frame = document.getElementById("graph");
const matches = document.getElementById("matches");
const answer = await fetch(frame.dataset.picture);
// The page allows no style but its own sheet's, which has these rules as well.
const text = (await answer.text()).replace(/<style>[^<]*<\/style>/, "");
const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
svg.setAttribute("role", "group"); // as a picture it could hold no links
frame.replaceChildren(document.importNode(svg, true));
document.getElementById("graph-tools").hidden = false;

const picture = frame.firstElementChild;
const full = picture.viewBox.baseVal;
frame.style.height = `${Math.min(full.height + 2, 576)}px`; // set by a script, a style is none of the page's own
let view = { x: 0, y: 0, scale: 1 };

function draw() {
  picture.setAttribute("width", full.width * view.scale);
  picture.setAttribute("height", full.height * view.scale);
  picture.setAttribute("transform", `translate(${view.x} ${view.y})`);
}

function whole() {
  const scale = Math.min(frame.clientWidth / full.width, frame.clientHeight / full.height, 1);
  view = { x: (frame.clientWidth - full.width * scale) / 2, y: 0, scale };
  draw();
}

function zoom(factor, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
  const scale = Math.min(Math.max(view.scale * factor, 0.05), 4);
  const share = scale / view.scale;
  view = { x: x - (x - view.x) * share, y: y - (y - view.y) * share, scale };
  draw();
}

function move(x, y) {
  view = { ...view, x: view.x + x, y: view.y + y };
  draw();
}

frame.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = frame.getBoundingClientRect();
  zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

let from = null;
frame.addEventListener("pointerdown", (event) => {
  from = { x: event.clientX, y: event.clientY, moved: false };
});
frame.addEventListener("pointermove", (event) => {
  if (!from || !event.buttons) return;
  move(event.clientX - from.x, event.clientY - from.y);
  from = { x: event.clientX, y: event.clientY, moved: true };
});
frame.addEventListener("click", (event) => {
  if (from?.moved) event.preventDefault(); // it was a movement, not a click on a link
}, true);

const keys = {
  ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0), ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40),
  "+": () => zoom(1.25), "-": () => zoom(0.8), 0: whole,
};
frame.addEventListener("keydown", (event) => {
  if (event.target === frame && keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
document.getElementById("closer").addEventListener("click", () => zoom(1.25));
document.getElementById("farther").addEventListener("click", () => zoom(0.8));
document.getElementById("whole").addEventListener("click", whole);

document.getElementById("find").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  let count = 0;
  let first = null;
  for (const node of picture.querySelectorAll("g.n")) {
    const found = wanted !== "" && node.textContent.toLowerCase().includes(wanted);
    node.classList.toggle("found", found);
    count += found;
    first ??= found ? node : null;
  }
  matches.value = wanted ? `${count} found` : "";
  const box = first?.querySelector("rect");
  if (box) {
    view.scale = Math.max(view.scale, 0.8);
    view.x = frame.clientWidth / 2 - box.x.baseVal.value * view.scale;
    view.y = frame.clientHeight / 2 - box.y.baseVal.value * view.scale;
    draw();
  }
});
whole();
