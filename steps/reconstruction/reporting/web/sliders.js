// Dividers between photograph and model.
for (const box of document.querySelectorAll(".compare")) {
  const slider = box.querySelector("input");
  slider.hidden = false;
  const follow = () => box.style.setProperty("--at", slider.value + "%");
  slider.addEventListener("input", follow);
  follow();
}
