// Each weight is a number field; its slider is a second way to set it. One way of saying it is
// shown at a time. Without this script both stand on the page and the button sends them.
const form = document.querySelector("[data-values]");

for (const slider of form.querySelectorAll("[data-slider]")) {
  const number = document.getElementById(slider.dataset.slider);
  slider.hidden = false;
  slider.addEventListener("input", () => { number.value = slider.value; });
  number.addEventListener("input", () => {
    const value = Number(number.value.replace(",", "."));
    if (Number.isFinite(value)) slider.value = value;
  });
}

function show() {
  const how = form.querySelector("[name=how]:checked");
  for (const part of form.querySelectorAll("[data-how]")) {
    part.hidden = how !== null && part.dataset.how !== how.value;
  }
}
for (const radio of form.querySelectorAll("[name=how]")) radio.addEventListener("change", show);
show();
