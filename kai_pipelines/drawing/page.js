"use strict";
(() => {
  const stage = document.getElementById("stage");
  const sheet = document.getElementById("sheet");
  const panel = document.getElementById("panel");
  const facts = document.getElementById("facts");
  const drawing = sheet.querySelector("svg");
  const nodes = JSON.parse(document.getElementById("nodes").textContent);
  const size = { width: drawing.width.baseVal.value, height: drawing.height.baseVal.value };
  const pointers = new Map();
  let view = { x: 0, y: 0, scale: 1 };
  let traveled = 0;

  function show() {
    sheet.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  }

  function fit() {
    const room = { width: stage.clientWidth - 48, height: stage.clientHeight - 48 };
    const whole = Math.min(room.width / size.width, room.height / size.height);
    // A tall graph stays legible: it begins at its top and scrolls on.
    const scale = Math.min(1.25, Math.max(whole, Math.min(0.9, room.width / size.width)));
    const free = stage.clientHeight - size.height * scale;
    view = { scale, x: (stage.clientWidth - size.width * scale) / 2, y: free > 48 ? free / 2 : 24 };
    show();
  }

  function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const scale = Math.min(4, Math.max(0.08, view.scale * factor));
    const change = scale / view.scale;
    view = { scale, x: x - (x - view.x) * change, y: y - (y - view.y) * change };
    show();
  }

  function spread() {
    const [one, other] = [...pointers.values()];
    return { gap: Math.hypot(one.x - other.x, one.y - other.y), x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  }

  function heading(words) {
    facts.append(Object.assign(document.createElement("h3"), { textContent: words }));
  }

  function table(rows, kind) {
    const list = document.createElement("dl");
    for (const [name, value] of rows) {
      list.append(Object.assign(document.createElement("dt"), { textContent: name }));
      list.append(Object.assign(document.createElement("dd"), { textContent: value, className: kind }));
    }
    facts.append(list);
  }

  function choose(element) {
    document.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
    const node = element && nodes[element.dataset.node];
    panel.hidden = !node;
    if (!node) return;
    element.classList.add("chosen");
    facts.replaceChildren(
      Object.assign(document.createElement("h2"), { textContent: node.name }),
      Object.assign(document.createElement("p"), { className: "path", textContent: node.path }),
    );
    for (const [title, rows, kind] of node.facts) {
      heading(title);
      table(rows, kind);
    }
    panel.scrollTop = 0;
  }

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.clientX, event.clientY);
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 1) traveled = 0;
  });
  stage.addEventListener("pointermove", (event) => {
    const from = pointers.get(event.pointerId);
    if (!from) return;
    const before = pointers.size === 2 ? spread() : null;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    traveled += Math.abs(event.clientX - from.x) + Math.abs(event.clientY - from.y);
    if (before) {
      const now = spread();
      zoom(now.gap / Math.max(1, before.gap), now.x, now.y);
    } else if (pointers.size === 1) {
      view.x += event.clientX - from.x;
      view.y += event.clientY - from.y;
      show();
    }
    if (traveled > 4 && !stage.classList.contains("moving")) {
      stage.classList.add("moving");
      stage.setPointerCapture(event.pointerId);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      stage.classList.remove("moving");
    });
  }
  stage.addEventListener("click", (event) => {
    if (traveled <= 4) choose(event.target.closest(".node"));
  });
  document.addEventListener("keydown", (event) => {
    const act = { "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit, Escape: () => choose(null) }[event.key];
    if (act && !event.ctrlKey && !event.metaKey) act();
    if (event.key === "Enter" && document.activeElement.matches(".node")) choose(document.activeElement);
  });
  document.getElementById("tools").addEventListener("click", (event) => {
    const act = { in: () => zoom(1.25), out: () => zoom(0.8), fit }[event.target.dataset.act];
    if (act) act();
  });
  document.getElementById("close").addEventListener("click", () => choose(null));
  drawing.querySelectorAll(".node").forEach((one) => one.setAttribute("tabindex", "0"));
  window.addEventListener("resize", fit);
  fit();
})();
