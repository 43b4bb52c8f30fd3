// Mouse, touch and pen are pointers; keys do the same. `act` says what each gesture means.
const listen = (canvas, act) => {
  const held = new Map();
  let travelled = 0;
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    if (!held.size) travelled = 0;
    held.set(event.pointerId, event);
    canvas.focus({ preventScroll: true });
  });
  canvas.addEventListener("pointerup", event => {
    const alone = held.size === 1;
    if (held.delete(event.pointerId) && alone && travelled < 6 && event.button === 0) act.choose(...place(event));
  });
  canvas.addEventListener("pointercancel", event => held.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => act.point(null));
  canvas.addEventListener("pointermove", event => {
    const last = held.get(event.pointerId);
    if (!last) {
      if (event.pointerType === "mouse") act.point(place(event));
      return;
    }
    const right = event.clientX - last.clientX, down = event.clientY - last.clientY;
    const other = [...held.values()].find(pointer => pointer.pointerId !== event.pointerId);
    held.set(event.pointerId, event);
    travelled += Math.hypot(right, down);
    if (travelled < 6 && !other) return;  // a click with an unsteady hand
    const side = Math.min(canvas.clientWidth, canvas.clientHeight);
    if (other) {
      const gap = pointer => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY);
      act.zoom(Math.max(1, gap(last)) / Math.max(1, gap(event)));
      act.move(right / side / 2, down / side / 2);
    } else if (event.buttons & 6 || event.shiftKey) act.move(right / side, down / side);
    else act.turn(4 * right / side, 4 * down / side);
  });
  canvas.addEventListener("dblclick", event => act.center(...place(event)));
  canvas.addEventListener("contextmenu", event => event.preventDefault());
  canvas.addEventListener("wheel", event => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;  // else the page could not be scrolled past it
    event.preventDefault();
    act.zoom(Math.exp(Math.max(-0.2, Math.min(0.2, event.deltaY * 0.002))));
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (arrow && event.shiftKey) act.move(0.05 * arrow[0], 0.05 * arrow[1]);
    else if (arrow) act.turn(0.12 * arrow[0], 0.12 * arrow[1]);
    else if (event.key === "+" || event.key === "=") act.zoom(0.87);
    else if (event.key === "-" || event.key === "_") act.zoom(1.15);
    else if (event.key === "Home" || event.key === "0") act.home();
    else if (event.key === "f" || event.key === "F") act.whole();
    else return;
    event.preventDefault();
  });
};
