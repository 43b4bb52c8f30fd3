// The interactive view: WebGL 2 without a library. Where anything it needs is missing, the still picture stays.
const view = async stage => {
  const one = selector => stage.querySelector(selector);
  const canvas = one("canvas"), photo = one(".through"), lens = one(".lens"), named = one(".named");
  const fade = lens.querySelector("input"), ruler = one(".ruler");
  const gl = canvas.getContext("webgl2", { antialias: true, premultipliedAlpha: true });
  if (!gl || typeof DecompressionStream === "undefined") return;
  const model = JSON.parse(document.getElementById("viewer-data").textContent);
  const paint = await painter(gl, model);
  const { cameras } = model;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const shown = { skin: "texture", cameras: false, chosen: -1, scale: 1, dark: false };
  const middle = [0, 1, 2].map(i => {
    const parts = model.outline.map(point => point[i]);
    return (Math.min(...parts) + Math.max(...parts)) / 2;
  });
  for (const part of [canvas, one(".controls")]) part.hidden = false;  // their sizes matter from here on

  // ---- Where one looks from: an orbit, or a photograph's camera (through its number), or a flight between two.
  const size = () => [Math.max(1, canvas.clientWidth), Math.max(1, canvas.clientHeight)];
  const aspect = () => size()[0] / size()[1];
  const spots = () => shown.cameras ? [...model.outline, ...cameras.map(camera => camera.eye)] : model.outline;
  const seat = (yaw, pitch) => {  // the buttons and the words below stay clear
    const [, height] = size(), taken = 2 * Math.max(24, one(".controls").offsetHeight + 20);
    return fitted(spots(), yaw, pitch, aspect(), [1.08, height / Math.max(height - taken, height / 2)]);
  };
  let orbit = seat(-0.75, model.rise + 0.1);
  let through = -1, flight = null, wanted = 0, last = null;
  const clear = () => [12, 56, 12, 64];  // pixels that the controls need at the left, top, right and bottom
  const rest = () => through < 0 ? poseOfOrbit(orbit, aspect()) : poseOfCamera(cameras[through], ...size(), clear());
  const bounds = pose => {
    const away = Math.hypot(...along(pose.eye, middle, -1));
    return [Math.max(0.004 * model.radius, 0.4 * (away - 1.6 * model.radius)), away + 40 * model.radius];
  };
  const advance = now => {
    flight.start ??= now;
    const t = Math.min(1, (now - flight.start) / flight.time), s = t * t * (3 - 2 * t);
    if (t === 1) {
      flight = null;
      if (through >= 0) settle();
      return rest();
    }
    redraw();
    if (!flight.orbit) return poseBetween(flight.from, rest(), s);
    const { orbit: from } = flight, mixed = {};
    for (const key of ["yaw", "pitch", "distance", "tangent"]) mixed[key] = from[key] + (orbit[key] - from[key]) * s;
    return poseOfOrbit({ ...mixed, target: between(from.target, orbit.target, s) }, aspect());
  };
  const draw = now => {
    wanted = 0;
    const [width, height] = size();
    shown.scale = Math.min(2, window.devicePixelRatio || 1);
    shown.dark = dark.matches;
    const pixels = { width: Math.round(width * shown.scale), height: Math.round(height * shown.scale) };
    if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
    gl.viewport(0, 0, canvas.width, canvas.height);
    last = flight ? advance(now) : rest();
    paint.draw(last, matrixOf(last, ...bounds(last)), shown);
    measure(last, height);
  };
  const redraw = () => { wanted = wanted || requestAnimationFrame(draw); };
  const fly = (to, number = -1, time = 900) => {
    const whole = 2 * Math.PI;
    const plain = through < 0 && number < 0 && !flight;
    flight = { from: last ?? rest(), orbit: plain ? orbit : null, start: null, time: calm.matches ? 1 : time };
    if (to) orbit = plain ? { ...to, yaw: orbit.yaw + ((to.yaw - orbit.yaw + Math.PI) % whole + whole) % whole - Math.PI } : to;
    through = number;
    settle();
    redraw();
  };

  // ---- Looking through a photograph's camera: its picture lies over the model, as strong as the slider says.
  const settle = () => {
    const camera = cameras[through];
    lens.hidden = !camera;
    one(".keys").hidden = Boolean(camera);
    shown.chosen = -1;
    const there = camera && !flight && camera.photo;
    photo.hidden = !there;
    if (!camera) { delete stage.dataset.through; return; }
    stage.dataset.through = camera.name;
    lens.querySelector("output").textContent = camera.name;
    lens.querySelector("label").hidden = !camera.photo;
    if (!there) return;
    if (photo.alt !== camera.name) Object.assign(photo, { src: camera.photo, alt: camera.name });
    const { picture } = poseOfCamera(camera, ...size(), clear());
    for (const [key, value] of Object.entries(picture)) photo.style[key] = value + "px";
    photo.style.opacity = fade.value / 100;
  };
  const enter = number => {
    fly(null, (number + cameras.length) % cameras.length, 1100);
    stage.scrollIntoView({ block: "nearest" });
  };
  const leave = () => { if (through >= 0) fly(seat(orbitOfPose(rest()).yaw, Math.max(model.rise, 0.2))); };

  // ---- A round length at the middle of the model, where the unit is known.
  const measure = (pose, height) => {
    ruler.hidden = model.unit !== "m" || through >= 0;
    if (ruler.hidden) return;
    const perMeter = height / ((pose.frame[3] - pose.frame[2]) * pose.depth);
    const most = 120 / perMeter, power = 10 ** Math.floor(Math.log10(most));
    const meters = [5, 2, 1].map(step => step * power).find(step => step <= most) ?? power;
    ruler.firstChild.style.width = meters * perMeter + "px";
    const [divisor, name] = meters >= 1 ? [1, "m"] : meters >= 0.01 ? [0.01, "cm"] : [0.001, "mm"];
    ruler.lastChild.data = " " + Number((meters / divisor).toPrecision(3)) + " " + name;
  };
  ruler.append("");

  // ---- What gestures mean.
  const steer = change => {
    if (through >= 0) {
      orbit = orbitOfPose(rest());
      through = -1;
      flight = null;
      settle();
    }
    flight = null;
    change(orbit);
    orbit.pitch = Math.max(-STEEPEST, Math.min(STEEPEST, orbit.pitch));
    orbit.distance = Math.max(model.radius * 0.02, Math.min(model.radius * 25, orbit.distance));
    redraw();
  };
  const cameraAt = place => {
    if (!shown.cameras || through >= 0 || !last) return -1;
    let found = -1, nearest = Infinity;
    cameras.forEach((camera, number) => {
      const ways = [camera.eye, ...cornersOf(camera, model.reach)].map(point => seenAt(last, point, ...size()));
      if (ways.some(way => !way)) return;
      const [eye, ...corners] = ways;
      const inside = corners.map((a, i) => {
        const b = corners[(i + 1) % 4];
        return (b[0] - a[0]) * (place[1] - a[1]) - (b[1] - a[1]) * (place[0] - a[0]) > 0;
      });
      const off = Math.hypot(eye[0] - place[0], eye[1] - place[1]);
      if (off > 14 && new Set(inside).size > 1) return;
      const away = Math.hypot(...along(camera.eye, last.eye, -1)) * (off > 14 ? 1 : 0.5);
      if (away < nearest) [nearest, found] = [away, number];
    });
    return found;
  };
  const point = place => {
    const number = place ? cameraAt(place) : -1;
    named.hidden = number < 0;
    canvas.style.cursor = number < 0 ? "" : "pointer";
    if (number >= 0) {
      named.textContent = cameras[number].name;
      named.style.left = Math.min(place[0], size()[0] - 140) + "px";
      named.style.top = place[1] + 18 + "px";
    }
    if (shown.chosen !== number) { shown.chosen = number; redraw(); }
  };
  const whole = (on = !stage.classList.contains("whole")) => {
    stage.classList.toggle("whole", on);
    document.documentElement.classList.toggle("covered", on);
    one("[data-whole]").ariaPressed = String(on);
    canvas.focus({ preventScroll: true });
  };
  listen(canvas, {
    turn: (x, y) => steer(to => { to.yaw -= x; to.pitch += y; }),
    zoom: factor => steer(to => { to.distance *= factor; }),
    move: (x, y) => steer(to => {
      const { right, up } = turned(to.yaw, to.pitch), span = 2 * to.distance * to.tangent;
      to.target = along(along(to.target, right, -x * span), up, y * span);
    }),
    home: () => fly(seat(0, model.rise)),
    whole: () => whole(),
    point,
    choose: (x, y) => {
      const number = cameraAt([x, y]);
      point(null);
      if (number >= 0) enter(number);
    },
    center: (x, y) => {  // turn around what was clicked twice
      if (through >= 0 || !last) return;
      const [near, far] = bounds(last), [width, height] = size();
      const scale = canvas.width / width;
      const depth = paint.depthAt(last, matrixOf(last, near, far), x * scale, canvas.height - 1 - y * scale);
      redraw();
      if (depth >= 1) return;
      const away = 2 * far * near / (far + near - (2 * depth - 1) * (far - near));
      const [l, r, b, t] = last.frame;
      const target = [0, 1, 2].map(i => last.eye[i] + away * (
        last.right[i] * (l + (r - l) * x / width) + last.up[i] * (t - (t - b) * y / height) - last.back[i]));
      fly({ ...orbit, target, distance: Math.min(orbit.distance, away) }, -1, 500);
    },
  });
  stage.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    if (through >= 0) leave(); else whole(false);
  });

  // ---- Buttons.
  const onClick = (button, act) => button.addEventListener("click", act);
  const quarter = Math.PI / 2;
  const sides = { front: 0, left: -quarter, back: 2 * quarter, right: quarter, top: 0 };
  for (const button of stage.querySelectorAll("[data-side]")) {
    const { side } = button.dataset;
    onClick(button, () => fly(seat(sides[side], side === "top" ? STEEPEST : model.room ? model.rise : 0.12)));
  }
  const skins = stage.querySelectorAll("[data-skin]");
  for (const button of skins) {
    onClick(button, () => {
      shown.skin = button.dataset.skin;
      for (const other of skins) other.ariaPressed = String(other === button);
      redraw();
    });
  }
  const layer = one("[data-cameras]");
  onClick(layer, () => {
    shown.cameras = !shown.cameras;
    layer.ariaPressed = String(shown.cameras);
    if (through < 0) fly(seat(orbit.yaw, shown.cameras ? Math.max(orbit.pitch, 0.45) : orbit.pitch));
    else redraw();
  });
  onClick(one("[data-whole]"), () => whole());
  onClick(one("[data-leave]"), leave);
  for (const button of stage.querySelectorAll("[data-step]")) {
    onClick(button, () => enter(through + Number(button.dataset.step)));
  }
  fade.addEventListener("input", settle);
  const numbers = new Map(cameras.map(({ name }, number) => [name, number]));
  for (const way of document.querySelectorAll("[data-camera]")) {
    const number = numbers.get(way.dataset.camera);
    if (number === undefined) continue;
    way.hidden = false;
    onClick(way, () => enter(number));
  }

  // ---- Curtain.
  stage.dataset.view = "ready";
  for (const part of stage.querySelectorAll(".controls, .keys")) part.hidden = false;
  canvas.addEventListener("webglcontextlost", () => {  // a tab that slept, a driver that fell over
    cancelAnimationFrame(wanted);
    wanted = -1;
    stage.dataset.view = "lost";
    for (const part of stage.querySelectorAll("canvas, .controls, .keys, .lens, .named, .ruler, .through")) part.hidden = true;
  });
  new ResizeObserver(() => { if (through >= 0) settle(); redraw(); }).observe(canvas);
  dark.addEventListener("change", redraw);
  draw(performance.now());
  fly(seat(-0.3, model.rise), -1, 1800);
};

const stage = document.getElementById("model");
if (stage && stage.querySelector("canvas")) {
  view(stage).catch(error => {
    for (const part of stage.querySelectorAll("canvas, .controls, .keys")) part.hidden = true;
    stage.dataset.view = "failed";
    console.error("The interactive view is not available:", error);
  });
}
