// Behaviour of the page as a whole; this runs once.
const find = (selector) => document.querySelector(selector);
// The picture's file input takes files from here, too: a new picture replaces the current one.
const bring = (files) => {
  const picture = [...(files || [])].find((file) => file.type.startsWith("image/"));
  const input = find("#picture input[type=file]");
  if (!picture || !input) return false;
  const one = new DataTransfer();
  one.items.add(picture);
  input.files = one.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
};
document.addEventListener("click", (event) => {
  if (event.target.closest(".skip")) {
    event.preventDefault();
    find("#text input, #text textarea")?.focus();
  }
  if (event.target.closest("#bring .own")) find("#picture input[type=file]")?.click();
  if (event.target.closest("#bring .camera")) find("#bring input")?.click();
});
find("#bring input")?.addEventListener("change", (event) => bring(event.target.files));
for (const kind of ["dragover", "drop"])
  document.addEventListener(kind, (event) => {
    if (event.target.closest("#own-files") || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    if (kind === "drop" && bring(event.dataTransfer.files)) event.stopPropagation();
  }, true);
document.addEventListener("paste", (event) => bring(event.clipboardData?.files));

// After a click on "Draw a box", a box is drawn on the picture: by dragging, or with arrow keys if a key pressed the button.
const outline = (figure, edges) => {
  const mark = figure.appendChild(Object.assign(document.createElement("div"), { className: "drawn" }));
  place(mark, edges);
  return mark;
};
const place = (mark, [left, top, right, bottom]) => Object.assign(mark.style, {
  left: left / 10 + "%", top: top / 10 + "%", width: (right - left) / 10 + "%", height: (bottom - top) / 10 + "%",
});
let drag = null;
const spot = (event) => {
  const frame = drag.figure.getBoundingClientRect();
  const share = (at, from, length) => Math.round(1000 * Math.min(Math.max((at - from) / length, 0), 1));
  return [share(event.clientX, frame.left, frame.width), share(event.clientY, frame.top, frame.height)];
};
const edges = (event) => {
  const [x, y] = spot(event), [a, b] = drag.start;
  return [Math.min(a, x), Math.min(b, y), Math.max(a, x), Math.max(b, y)];
};
const take = (box) => {
  const draw = find("#pointing .draw");
  if (!draw) return;
  document.body.classList.remove("drawing");
  draw.dataset.pick = "box:" + box.join(",");
  draw.click();
  delete draw.dataset.pick;
};
const KEYS = "arrow keys move it, Shift with arrow keys resizes it, Enter confirms it, Escape discards it";
const told = (mark, [left, top, right, bottom]) => {
  place(mark, [left, top, right, bottom]);
  mark.dataset.edges = [left, top, right, bottom].join(",");
  const percent = (edge) => Math.round(edge / 10);
  mark.ariaLabel = `Box from ${percent(left)} to ${percent(right)} percent across and ${percent(top)} to ${percent(bottom)} down: ${KEYS}`;
};
document.addEventListener("click", (event) => {
  const draw = event.target.closest(".draw"), figure = find("#figure .figure");
  if (!draw || draw.dataset.pick || !figure) return;
  find("#figure .drawn.new")?.remove();
  find("#figure").scrollIntoView({ block: "nearest" });
  if (!document.body.classList.toggle("drawing") || event.detail) return;
  const middle = [300, 300, 700, 700], mark = outline(figure, middle); // a key pressed the button, so no pointer will draw
  mark.classList.add("new");
  mark.tabIndex = 0;
  mark.role = "application";
  told(mark, middle);
  mark.focus();
});
const STEPS = { ArrowLeft: [-20, 0], ArrowRight: [20, 0], ArrowUp: [0, -20], ArrowDown: [0, 20] };
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest("#figure .drawn.new"), step = STEPS[event.key];
  if (!mark || !(step || event.key === "Enter" || event.key === "Escape")) return;
  event.preventDefault();
  const [left, top, right, bottom] = mark.dataset.edges.split(",").map(Number);
  const within = (low, value, high) => Math.min(Math.max(value, low), high);
  if (step && event.shiftKey) {
    told(mark, [left, top, within(left + 20, right + step[0], 1000), within(top + 20, bottom + step[1], 1000)]);
  } else if (step) {
    const across = within(-left, step[0], 1000 - right), down = within(-top, step[1], 1000 - bottom);
    told(mark, [left + across, top + down, right + across, bottom + down]);
  } else {
    mark.remove();
    find("#pointing .draw")?.focus();
    if (event.key === "Enter") take([left, top, right, bottom]);
    else document.body.classList.remove("drawing");
  }
}, true);
document.addEventListener("pointerdown", (event) => {
  const figure = event.target.closest("#figure .figure");
  if (!figure || !document.body.classList.contains("drawing")) return;
  event.preventDefault();
  find("#figure .drawn.new")?.remove();
  drag = { figure };
  drag.start = spot(event);
  drag.mark = outline(figure, [...drag.start, ...drag.start]);
  drag.mark.classList.add("new");
});
document.addEventListener("pointermove", (event) => drag && place(drag.mark, edges(event)));
document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const box = edges(event);
  drag.mark.remove();
  drag = null;
  if (box[2] - box[0] >= 10 && box[3] - box[1] >= 10) take(box); // a click is not a box
});
document.addEventListener("pointercancel", () => drag && (drag.mark.remove(), (drag = null)));

// Gradio gives each radio button its own name; with one shared name they are one tab stop, and arrow keys move between them.
const group = () => {
  // A box that was drawn stays on the picture, whatever map is redrawn.
  const drawn = find("#pointing [data-box]")?.dataset.box, figure = find("#figure .figure");
  let mark = find("#figure .drawn:not(.new)");
  if (mark && mark.dataset.box !== drawn) mark = mark.remove();
  if (drawn && figure && !mark) {
    mark = outline(figure, drawn.split(","));
    mark.dataset.box = drawn;
  }
  for (const set of document.querySelectorAll("fieldset:has(input[type=radio])")) {
    const title = set.querySelector("[data-testid=block-info]");
    set.setAttribute("role", "radiogroup");
    set.setAttribute("aria-label", (title?.textContent || "").trim());
    for (const radio of set.querySelectorAll("input[type=radio]"))
      if (radio.name !== set.id) radio.name = set.id;
  }
  // "Why?" is shown as pressed while the panel that it opens is shown.
  const open = find("#panel .pair") ? "true" : "false";
  for (const why of document.querySelectorAll("#results .chosen .why")) if (why.ariaPressed !== open) why.ariaPressed = open;
  // A number in the picture is shown as pressed if its button below is.
  for (const chip of document.querySelectorAll("#pointing [data-pick]")) {
    const number = find(`#figure .number[data-pick="${chip.dataset.pick}"]`);
    if (number && number.ariaPressed !== chip.ariaPressed) number.ariaPressed = chip.ariaPressed;
  }
  if (!find("#pointing .clear")) for (const n of document.querySelectorAll('#figure .number[aria-pressed="true"]')) n.ariaPressed = "false";
  // One button of each group that arrow keys move in is a tab stop.
  for (const line of document.querySelectorAll(".chips, .words, ol.trail, .figure, .maps")) {
    const buttons = [...line.querySelectorAll("[data-pick]")];
    const stop = buttons.find((b) => b === document.activeElement) || buttons.find((b) => b.matches("[aria-pressed=true], [aria-current]")) || buttons[0];
    for (const button of buttons) if (button.tabIndex !== (button === stop ? 0 : -1)) button.tabIndex = button === stop ? 0 : -1;
  }
  follow();
  const shown = find("#picture img");
  if (shown && shown.alt !== "The picture that you ask about") shown.alt = "The picture that you ask about";
};
// Keep the current step in view, however many there are.
let step = null;
const follow = () => {
  const now = find("#trail [aria-current]"), line = now?.closest("ol");
  if (line && now !== step) line.scrollTop = now.parentElement.offsetTop - 4;
  step = now;
};
let soon = 0;
new MutationObserver(() => {
  cancelAnimationFrame(soon);
  soon = requestAnimationFrame(group);
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-pressed"] });
group();

// Dim an answer to another query: to another text, or about another picture.
const asked = () => find("#results [data-asked]")?.dataset;
const dim = (on) => document.body.classList.toggle("stale", on && asked() !== undefined);
const typed = (part) => find(`${part} textarea, ${part} input`)?.value.trim();
let gallery; // the one chosen to be searched, if any was
let otherPicture = false; // than the one that the answer is about
const compare = () => {
  const { asked: text, butNot, gallery: searched } = asked() ?? {};
  if (text === undefined) return;
  dim(otherPicture || typed("#text") !== text.trim() || typed("#but-not") !== butNot || (gallery ?? searched) !== searched);
};
const changePicture = () => dim(otherPicture = true);
document.addEventListener("input", (event) => event.target.closest("#text, #but-not") && compare());
document.addEventListener("gallery", (event) => {
  gallery = event.detail;
  compare();
});
// Text that was typed for the previous picture is selected on focus, so that typing replaces it.
let typedBefore = false;
document.addEventListener("change", (event) => {
  if (!event.target.closest("#picture")) return;
  changePicture();
  typedBefore = true;
});
document.addEventListener("focusin", (event) => {
  if (!typedBefore || !event.target.closest("#text")) return;
  typedBefore = false;
  event.target.select?.();
});
document.addEventListener("click", (event) => {
  if (event.target.closest('#picture [aria-label="Remove Image"], #results .go, #clear')) changePicture();
});

// Back goes back one answer: each new one gets its own entry in the browser's history, whose address is written later.
let shown = find("#results [data-answer]")?.dataset.answer;
let returning = false; // until the answer that Back asked for is there, or cannot be
document.addEventListener("click", (event) => {
  if (event.target.closest("#search, #suggestions, #examples, #results")) returning = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest("#text, #but-not")) returning = false;
});
new MutationObserver(() => {
  const answer = find("#results [data-answer]")?.dataset.answer;
  if (!answer || answer === shown) return;
  otherPicture = false;
  if (shown && !returning) history.pushState(null, "", location.href);
  [shown, returning] = [answer, false];
}).observe(document.body, { childList: true, subtree: true });
addEventListener("popstate", () => {
  if (location.hash) return; // within the page
  const wanted = new URLSearchParams(location.search);
  const field = find("#asked-for textarea, #asked-for input");
  if (!wanted.get("picture") || !field) return location.reload();
  returning = true;
  field.value = JSON.stringify({ ...Object.fromEntries(wanted), time: Date.now() }); // the time makes each one new
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
