"use strict";
// Dividers between photograph and model.
for (const box of document.querySelectorAll(".compare")) {
  const slider = box.querySelector("input");
  slider.hidden = false;
  slider.addEventListener("input", () => box.style.setProperty("--at", slider.value + "%"));
}
