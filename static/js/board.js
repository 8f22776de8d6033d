// Dragging a card and the arrow keys only press the buttons of the card's own form: htmx, or the browser, sends it.
const board = document.getElementById("board");
const said = document.getElementById("said");
const outcomes = board.querySelector(".board-outcomes");
let dragged = null; // the card under the mouse
let acting = null; // the id of the card whose form was sent last
document.getElementById("board-keys").hidden = false;

const press = (card, step) => card.querySelector(`[data-step=${step}]`).click();

function move(card, column) {
  const select = card.querySelector("select[name=stage]");
  const wanted = select && [...select.options].find((option) => option.value === column?.dataset.stage);
  if (!wanted) return;
  select.value = wanted.value;
  press(card, "move");
}

function askReason(card) {
  card.querySelector("details").open = true;
  card.querySelector("[name=reason]").focus();
}

const zone = (event) => (dragged ? event.target.closest(".board-column, .board-outcomes [data-step]") : null);
const mark = (place) => {
  for (const marked of board.querySelectorAll(".over")) if (marked !== place) marked.classList.remove("over");
  place?.classList.add("over");
};

board.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".card[draggable]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.id);
  requestAnimationFrame(() => outcomes.classList.add("shown")); // a change of the page at once would end the drag
});
board.addEventListener("dragover", (event) => {
  const place = zone(event);
  mark(place);
  if (place) event.preventDefault();
});
board.addEventListener("drop", (event) => {
  const place = zone(event);
  if (!place) return;
  event.preventDefault();
  if (place.dataset.step === "win") press(dragged, "win");
  else if (place.dataset.step === "lose") askReason(dragged);
  else move(dragged, place);
});
board.addEventListener("dragend", () => {
  dragged = null;
  mark(null);
  outcomes.classList.remove("shown");
});

board.addEventListener("keydown", (event) => {
  const card = event.target;
  if (!card.matches(".card") || event.altKey || event.ctrlKey || event.metaKey) return;
  const column = card.closest(".board-column");
  const beside = { ArrowLeft: column.previousElementSibling, ArrowRight: column.nextElementSibling };
  const along = { ArrowUp: card.previousElementSibling, ArrowDown: card.nextElementSibling };
  if (!(event.key in beside) && !(event.key in along)) return;
  event.preventDefault();
  if (event.key in along) along[event.key]?.matches(".card") && along[event.key].focus();
  else if (event.shiftKey) move(card, beside[event.key]);
  else beside[event.key]?.querySelector(".card")?.focus();
});

const failed = () => (said.textContent = board.dataset.failed);
board.addEventListener("htmx:responseError", failed);
board.addEventListener("htmx:sendError", failed);
board.addEventListener("htmx:beforeRequest", (event) => (acting = event.target.closest(".card")?.id));
board.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname.startsWith(location.pathname)) return;
  event.detail.shouldSwap = false; // the session has ended, and this is the page to sign in on
  location.reload();
});
document.body.addEventListener("htmx:oobErrorNoTarget", () => location.reload()); // a stage that was added meanwhile
document.body.addEventListener("htmx:load", (event) => {
  const card = event.detail.elt;
  if (card.id && document.querySelectorAll(`[id="${card.id}"]`).length > 1) card.remove(); // moved here before it was reached
});
document.body.addEventListener("htmx:afterSettle", () => {
  if (acting) (document.getElementById(acting) ?? said).focus();
  acting = null;
});
