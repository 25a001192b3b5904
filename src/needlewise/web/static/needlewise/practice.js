// The pictures of the body as a second way to choose: pointer or keyboard. The list works without.
"use strict";
const list = document.querySelector("[data-pick-list]");
const side = document.querySelector("[data-pick-side]");
const pictures = list && side ? [...document.querySelectorAll("[data-pick]")] : [];
const has = (select, value) => [...select.options].some((option) => option.value === value);
// A list that mixes kinds names each: "point:BL23"; one of muscles alone has the name itself.
const value = (target) => has(list, target.dataset.ref)
  ? target.dataset.ref : `${target.dataset.kind}:${target.dataset.ref}`;
const targets = pictures.flatMap((picture) => [...picture.querySelectorAll(".target")])
  .filter((target) => has(list, value(target)));
const show = () => {
  for (const target of targets) {
    const same = value(target) === list.value &&
      (side.value === "both" || side.value === target.dataset.side);
    target.classList.toggle("chosen", same);
    target.setAttribute("aria-pressed", String(same));
  }
};
const choose = (target) => {
  list.value = value(target);
  side.value = target.dataset.side;
  show();
};
for (const picture of pictures) {
  picture.hidden = false;
  picture.querySelector("svg").setAttribute("role", "group");
}
for (const target of targets) {
  const name = target.querySelector("title").textContent;
  const label = [...side.options].find((o) => o.value && o.value === target.dataset.side);
  target.setAttribute("tabindex", "0");
  target.setAttribute("role", "button");
  target.setAttribute("aria-label", label ? `${name}, ${label.textContent}` : name);
  target.addEventListener("click", () => choose(target));
  target.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(target); }
  });
}
if (targets.length) {
  list.addEventListener("change", show);
  side.addEventListener("change", show);
  show();
}
