// The picture of the muscles as a second way to choose: pointer or keyboard. The list works without.
"use strict";
for (const pick of document.querySelectorAll("[data-pick]")) {
  const list = document.querySelector("[data-pick-list]");
  const side = document.querySelector("[data-pick-side]");
  if (!list || !side) continue;
  pick.hidden = false;
  const svg = pick.querySelector("svg");
  svg.setAttribute("role", "group");
  const targets = [...pick.querySelectorAll(".target")];
  const show = () => {
    for (const target of targets) {
      const same = target.dataset.ref === list.value &&
        (side.value === "both" || side.value === target.dataset.side);
      target.classList.toggle("chosen", same);
      target.setAttribute("aria-pressed", String(same));
    }
  };
  const choose = (target) => {
    list.value = target.dataset.ref;
    side.value = target.dataset.side;
    show();
  };
  for (const target of targets) {
    const name = target.querySelector("title").textContent;
    const label = [...side.options].find((o) => o.value === target.dataset.side);
    target.setAttribute("tabindex", "0");
    target.setAttribute("role", "button");
    target.setAttribute("aria-label", label ? `${name}, ${label.textContent}` : name);
    target.addEventListener("click", () => choose(target));
    target.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(target); }
    });
  }
  list.addEventListener("change", show);
  side.addEventListener("change", show);
  show();
}
