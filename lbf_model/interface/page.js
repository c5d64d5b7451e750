// Every piece of the page that can be clicked is a button with data-pick; its value goes to the handler of the component.
// Arrow keys move between the buttons of one group: along the line, and from row to row if there are several.
// Screen readers announce what changes by itself.
if (element.closest("#status, #said, #pointing, #own-report")) element.setAttribute("aria-live", "polite");
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button) return;
  trigger(button.dataset.event || "select", { pick: button.dataset.pick });
  // When a result becomes the next picture, go to the field for the next change.
  if (button.dataset.pick.startsWith("next:")) {
    document.querySelector("#picture").scrollIntoView({ block: "nearest" });
    document.querySelector("#text textarea, #text input").focus();
  }
  if (button.dataset.pick.startsWith("why:")) setTimeout(() => document.querySelector("#closer").scrollIntoView(), 300);
});
element.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up" }[event.key];
  const here = event.target.closest("[data-pick]");
  if (!step || !here) return;
  const kind = here.dataset.pick.split(":")[0] + ":";
  const all = [...element.querySelectorAll(`[data-pick^="${kind}"]`)];
  const place = all.indexOf(here);
  let next = all[place + step];
  if (step === "down" || step === "up") {
    const box = here.getBoundingClientRect();
    const beyond = all.filter((b) => {
      const other = b.getBoundingClientRect();
      return step === "down" ? other.top >= box.bottom - 2 : other.bottom <= box.top + 2;
    });
    const distance = (b) => {
      const other = b.getBoundingClientRect();
      return Math.abs(other.left - box.left) + 10 * Math.abs(other.top - box.top);
    };
    next = beyond.sort((a, b) => distance(a) - distance(b))[0];
  }
  if (next) {
    if (here.tabIndex === 0 && next.tabIndex === -1) [here.tabIndex, next.tabIndex] = [-1, 0];
    next.focus();
    event.preventDefault();
  }
});
