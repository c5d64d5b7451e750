// What belongs to the page as a whole; it runs once.
const find = (selector) => document.querySelector(selector);
// The input of the picture takes files from here, too: another picture replaces the one that is there.
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
});
for (const kind of ["dragover", "drop"])
  document.addEventListener(kind, (event) => {
    if (event.target.closest("#own-files") || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    if (kind === "drop" && bring(event.dataTransfer.files)) event.stopPropagation();
  }, true);
document.addEventListener("paste", (event) => bring(event.clipboardData?.files));

// Gradio gives each radio button a name of its own; with one name they are one stop of the tab key, and arrows move in them.
const group = () => {
  for (const set of document.querySelectorAll("fieldset:has(input[type=radio])")) {
    const title = set.querySelector("[data-testid=block-info]");
    set.setAttribute("role", "radiogroup");
    set.setAttribute("aria-label", (title?.textContent || "").trim());
    for (const radio of set.querySelectorAll("input[type=radio]"))
      if (radio.name !== set.id) radio.name = set.id;
  }
  // A number in the picture is pressed where its button below is.
  for (const chip of document.querySelectorAll("#pointing [data-pick]")) {
    const number = find(`#figure .number[data-pick="${chip.dataset.pick}"]`);
    if (number && number.ariaPressed !== chip.ariaPressed) number.ariaPressed = chip.ariaPressed;
  }
  if (!find("#pointing .clear")) for (const n of document.querySelectorAll('#figure .number[aria-pressed="true"]')) n.ariaPressed = "false";
  // Of buttons that arrow keys move between, one is a stop of the tab key.
  for (const line of document.querySelectorAll(".chips, .words, ol.trail, .figure, .maps")) {
    const buttons = [...line.querySelectorAll("[data-pick]")];
    const stop = buttons.find((b) => b === document.activeElement) || buttons.find((b) => b.matches("[aria-pressed=true], [aria-current]")) || buttons[0];
    for (const button of buttons) if (button.tabIndex !== (button === stop ? 0 : -1)) button.tabIndex = button === stop ? 0 : -1;
  }
  const shown = find("#picture img");
  if (shown && shown.alt !== "The picture that you ask about") shown.alt = "The picture that you ask about";
};
let soon = 0;
new MutationObserver(() => {
  cancelAnimationFrame(soon);
  soon = requestAnimationFrame(group);
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-pressed"] });
group();

// An answer to another question is dim: to another text, or about another picture.
const asked = () => find("#results [data-asked]")?.dataset;
const dim = (on) => document.body.classList.toggle("stale", on && asked() !== undefined);
const typed = (part) => find(`${part} textarea, ${part} input`)?.value.trim();
document.addEventListener("input", (event) => {
  if (!event.target.closest("#text, #but-not") || !asked()) return;
  dim(typed("#text") !== asked().asked.trim() || typed("#but-not") !== asked().butNot);
});
document.addEventListener("change", (event) => {
  if (event.target.closest("#picture")) dim(true);
});
document.addEventListener("click", (event) => {
  if (event.target.closest('#picture [aria-label="Remove Image"], #results .go')) dim(true);
});

// Back goes one answer back: each new one gets an entry of its own in the browser's history, whose address is written later.
let shown = find("#results [data-answer]")?.dataset.answer;
let returning = false;
new MutationObserver(() => {
  const answer = find("#results [data-answer]")?.dataset.answer;
  if (!answer || answer === shown) return;
  if (shown && !returning) history.pushState(null, "", location.href);
  [shown, returning] = [answer, false];
}).observe(document.body, { childList: true, subtree: true });
addEventListener("popstate", () => {
  if (location.hash) return; // within the page
  const wanted = new URLSearchParams(location.search);
  const field = find("#asked-for textarea, #asked-for input");
  if (!wanted.get("picture") || !field) return location.reload();
  returning = true;
  field.value = JSON.stringify({ ...Object.fromEntries(wanted), time: Date.now() }); // also where it was asked before
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
