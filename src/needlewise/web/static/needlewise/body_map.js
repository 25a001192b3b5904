/* The body map as a second way to tick the list of places.
 *
 *   <div data-body-map="pain_site"> the picture: svg.body-map </div>
 *   <fieldset data-body-map-list="pain_site">
 *     <label><input type="checkbox" name="pain_site" value="lumbar"> lower back</label> ...
 *   </fieldset>
 *
 * The list is the form control and alone in the tab order; picture and list find each other by the
 * value of their attributes. All listeners sit on the document, so parts of a page may be
 * replaced at any time.
 */
(() => {
  "use strict";

  const named = (attribute, name) =>
    [...document.querySelectorAll(`[${attribute}]`)].find((e) => e.getAttribute(attribute) === name);
  const listOf = (map) => named("data-body-map-list", map.getAttribute("data-body-map"));
  const mapOf = (list) => named("data-body-map", list.getAttribute("data-body-map-list"));
  const boxes = (list) => [...list.querySelectorAll("input[type=checkbox]")];
  const labelOf = (box) => (box.labels && box.labels[0]) || null;
  const words = (box) => {
    const label = labelOf(box);
    return (label ? label.textContent : box.value).replace(/\s+/g, " ").trim();
  };

  /** The region of the picture under an event, with its map and its checkbox. */
  const pointed = (event) => {
    const region = event.target.closest?.("[data-body-map] [data-region]");
    const map = region?.closest("[data-body-map]");
    const list = map && listOf(map);
    const box = list && boxes(list).find((b) => b.value === region.dataset.region);
    return box ? { map, box } : null;
  };

  /** Draw what the list says. */
  const show = (map) => {
    const list = listOf(map);
    const svg = map.querySelector("svg");
    if (!list || !svg) return;
    const ticked = boxes(list).filter((box) => box.checked);
    const values = new Set(ticked.map((box) => box.value));
    for (const region of svg.querySelectorAll("[data-region]")) {
      const within = (region.dataset.within || "").split(" ");
      region.classList.toggle("chosen", values.has(region.dataset.region));
      region.classList.toggle("covered", within.some((name) => values.has(name)));
    }
    const text = ticked.length
      ? svg.dataset.selected.replace("{}", () => ticked.map(words).join(", "))
      : svg.dataset.none;
    svg.setAttribute("aria-label", text);
  };

  const showAll = () => document.querySelectorAll("[data-body-map]").forEach(show);

  /** Mark, or no longer mark, a place in the list and in the picture. */
  const near = (map, box, on) => {
    labelOf(box)?.classList.toggle("near", on);
    for (const region of map.querySelectorAll("[data-region]")) {
      const own = region.dataset.region === box.value;
      const part = (region.dataset.within || "").split(" ").includes(box.value);
      if (own || part) region.classList.toggle("near", on);
    }
  };

  document.addEventListener("click", (event) => {
    const found = pointed(event);
    if (found && !found.box.disabled) found.box.click();
  });

  document.addEventListener("change", (event) => {
    const list = event.target.closest?.("[data-body-map-list]");
    const map = list && mapOf(list);
    if (map) show(map);
  });

  for (const [type, on] of [["pointerover", true], ["pointerout", false]]) {
    document.addEventListener(type, (event) => {
      const found = pointed(event);
      if (found) near(found.map, found.box, on);
    });
  }
  for (const [type, on] of [
    ["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false],
  ]) {
    document.addEventListener(type, (event) => {
      const label = event.target.closest?.("[data-body-map-list] label");
      const box = label?.control || event.target;
      const list = box.closest?.("[data-body-map-list]");
      const map = list && box.type === "checkbox" && mapOf(list);
      if (map) near(map, box, on);
    });
  }

  // A browser may bring back ticks after the page has loaded, and htmx may bring a new picture.
  document.addEventListener("reset", () => setTimeout(showAll));
  document.addEventListener("htmx:afterSettle", showAll);
  window.addEventListener("pageshow", showAll);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", showAll);
  else showAll();
})();
