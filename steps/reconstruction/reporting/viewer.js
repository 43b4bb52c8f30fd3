// The interactive view: WebGL 2 without a library. Where anything it needs is missing, the still picture stays.
(async () => {
  const source = document.getElementById("viewer-data");
  const stage = document.getElementById("model");
  const canvas = stage && stage.querySelector("canvas");
  if (!source || !canvas || typeof DecompressionStream === "undefined") return;
  const gl = canvas.getContext("webgl2", { antialias: true, premultipliedAlpha: true });
  if (!gl) return;
  const model = JSON.parse(source.textContent);

  // ---- Unpacking: zigzag differences in byte planes, deflated together (geometry.py packs them so).
  const packed = Uint8Array.from(atob(model.data), letter => letter.charCodeAt(0));
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  let at = 0;
  const column = (out, count, width, stride, offset) => {
    for (let i = 0, value = 0; i < count; i++) {
      let zigzag = 0;
      for (let b = 0; b < width; b++) zigzag |= bytes[at + b * count + i] << (8 * b);
      value += (zigzag >>> 1) ^ -(zigzag & 1);
      out[i * stride + offset] = value;
    }
    at += count * width;
  };
  const { vertices, faces } = model;
  const places = new Uint16Array(vertices * 4);
  const coords = new Uint16Array(vertices * 2);
  const normals = new Int8Array(vertices * 4);
  const index = new Uint32Array(faces * 3);
  for (let k = 0; k < 3; k++) column(places, vertices, 2, 4, k);
  for (let k = 0; k < 2; k++) column(coords, vertices, 2, 2, k);
  for (let k = 0; k < 3; k++, at += vertices) {
    for (let i = 0; i < vertices; i++) normals[i * 4 + k] = bytes[at + i];
  }
  column(index, faces * 3, 4, 1, 0);

  // ---- Programs.
  const program = (vertexCode, fragmentCode) => {
    const made = gl.createProgram();
    for (const [kind, code] of [[gl.VERTEX_SHADER, vertexCode], [gl.FRAGMENT_SHADER, fragmentCode]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, "#version 300 es\nprecision highp float;\n" + code);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
    const uniforms = {};
    for (let i = 0; i < gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS); i++) {
      const { name } = gl.getActiveUniform(made, i);
      uniforms[name] = gl.getUniformLocation(made, name);
    }
    return { made, uniforms };
  };
  const solid = program(
    `layout(location=0) in vec3 place;
     layout(location=1) in vec2 coord;
     layout(location=2) in vec3 normal;
     uniform mat4 matrix;
     uniform vec3 low, size;
     uniform vec4 uv;
     out vec2 spot;
     out vec3 facing, world;
     void main() {
       world = low + place * size;
       spot = uv.xy + coord * uv.zw;
       facing = normal;
       gl_Position = matrix * vec4(world, 1.);
     }`,
    `in vec2 spot;
     in vec3 facing, world;
     uniform sampler2D picture;
     uniform vec3 eye;
     uniform float clay;
     out vec4 color;
     void main() {
       vec3 n = normalize(facing), v = normalize(eye - world);
       float light = .32 + .68 * max(0., dot(n, normalize(v + vec3(.35, .6, .1))));
       vec3 skin = mix(texture(picture, spot).rgb, vec3(.80, .79, .76) * light, clay);
       vec3 inside = mix(skin, vec3(.42, .44, .47), .65) * .8;  // the back of the surface
       color = vec4(gl_FrontFacing ? skin : inside, 1.);
     }`);
  const lines = program(
    "layout(location=0) in vec3 place; uniform mat4 matrix; void main() { gl_Position = matrix * vec4(place, 1.); }",
    "uniform vec4 tint; out vec4 color; void main() { color = tint; }");

  // ---- Buffers and the texture.
  const buffer = (data, target = gl.ARRAY_BUFFER) => {
    gl.bindBuffer(target, gl.createBuffer());
    gl.bufferData(target, data, gl.STATIC_DRAW);
  };
  const attribute = (slot, data, parts, type, stride) => {
    buffer(data);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, parts, type, true, stride, 0);
  };
  const mesh = gl.createVertexArray();
  gl.bindVertexArray(mesh);
  attribute(0, places, 3, gl.UNSIGNED_SHORT, 8);
  attribute(1, coords, 2, gl.UNSIGNED_SHORT, 4);
  attribute(2, normals, 3, gl.BYTE, 4);
  buffer(index, gl.ELEMENT_ARRAY_BUFFER);

  const segments = [];  // the photographs' cameras: four edges and four sides each
  for (const { center, corners } of model.cameras) {
    corners.forEach((corner, i) => segments.push(...center, ...corner, ...corner, ...corners[(i + 1) % 4]));
  }
  const frusta = gl.createVertexArray();
  gl.bindVertexArray(frusta);
  attribute(0, new Float32Array(segments), 3, gl.FLOAT, 0);

  const picture = new Image();
  picture.src = model.texture;
  await picture.decode();
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, true);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  const sharper = gl.getExtension("EXT_texture_filter_anisotropic");
  if (sharper) gl.texParameterf(gl.TEXTURE_2D, sharper.TEXTURE_MAX_ANISOTROPY_EXT, 8);

  // ---- Where one looks from: a turntable around a target.
  const FOV = 0.5;
  const LIMIT = 1.5;  // of the pitch, just short of straight down
  const box = (low, high) => ({
    target: low.map((a, i) => (a + high[i]) / 2),
    half: low.map((a, i) => (high[i] - a) / 2),
  });
  const ends = [-1, 1].map(sign => model.target.map((c, i) => c + sign * model.half[i]));
  const spots = [...ends, ...model.cameras.map(camera => camera.center)];
  const bounds = [Math.min, Math.max].map(choose => [0, 1, 2].map(i => choose(...spots.map(spot => spot[i]))));
  const boxes = [box(...ends), box(...bounds)];  // without and with the cameras
  let showCameras = false;
  let clay = 0;

  const seat = (yaw, pitch) => {  // as near as lets all that is shown be seen
    const { target, half } = boxes[Number(showCameras)];
    const reach = axis => axis.reduce((sum, part, i) => sum + Math.abs(part) * half[i], 0);
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const aspect = Math.max(0.2, canvas.clientWidth / Math.max(1, canvas.clientHeight));
    const short = Math.min(1, aspect), tangent = Math.tan(FOV / 2) / short;
    const wide = reach([cy, 0, -sy]) / (tangent * aspect), tall = reach([-sp * sy, cp, -sp * cy]) / tangent;
    const distance = 1.08 * Math.max(wide, tall) + 0.6 * reach([sy * cp, sp, cy * cp]);
    return { target, yaw, pitch, distance, fov: FOV };
  };
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const axes = () => {
    const { yaw, pitch } = look;
    const back = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
    const right = [Math.cos(yaw), 0, -Math.sin(yaw)];
    return { right, up: cross(back, right), back };
  };
  const matrixFor = (eye, { right, up, back }, aspect) => {
    const near = Math.max(look.distance / 500, look.distance - model.radius * 30);
    const far = look.distance + model.radius * 30;
    const f = 1 / Math.tan(look.fov / 2);
    const [fx, fy] = aspect < 1 ? [f, f * aspect] : [f / aspect, f];  // the field of view is that of the shorter side
    const row = (scale, axis) => [...axis.map(part => scale * part), -scale * dot(axis, eye)];
    const depth = (far + near) / (near - far);
    const rows = [row(fx, right), row(fy, up), row(depth, back), row(-1, back)];
    rows[2][3] += 2 * far * near / (near - far);
    return [0, 1, 2, 3].flatMap(column => rows.map(r => r[column]));
  };

  canvas.hidden = false;  // it needs its size from here on
  let look = seat(-0.75, model.rise + 0.1);
  let flight = null;
  let wanted = 0;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const advance = now => {
    flight.start ??= now;
    const t = Math.min(1, (now - flight.start) / flight.time), s = t * t * (3 - 2 * t);
    const { from, to } = flight;
    for (const key of ["yaw", "pitch", "distance", "fov"]) look[key] = from[key] + (to[key] - from[key]) * s;
    look.target = from.target.map((a, i) => a + (to.target[i] - a) * s);
    if (t < 1) redraw(); else flight = null;
  };
  const draw = now => {
    wanted = 0;
    if (flight) advance(now);
    const scale = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    const frame = axes();
    const eye = look.target.map((c, i) => c + frame.back[i] * look.distance);
    const matrix = matrixFor(eye, frame, width / Math.max(1, height));
    gl.useProgram(solid.made);
    gl.uniformMatrix4fv(solid.uniforms.matrix, false, matrix);
    gl.uniform3fv(solid.uniforms.low, model.low);
    gl.uniform3fv(solid.uniforms.size, model.size);
    gl.uniform4fv(solid.uniforms.uv, [...model.uvLow, ...model.uvSize]);
    gl.uniform3fv(solid.uniforms.eye, eye);
    gl.uniform1f(solid.uniforms.clay, clay);
    gl.bindVertexArray(mesh);
    gl.drawElements(gl.TRIANGLES, faces * 3, gl.UNSIGNED_INT, 0);
    if (!showCameras) return;
    gl.useProgram(lines.made);
    gl.uniformMatrix4fv(lines.uniforms.matrix, false, matrix);
    gl.uniform4fv(lines.uniforms.tint, dark.matches ? [0.34, 0.78, 0.8, 1] : [0.04, 0.42, 0.45, 1]);
    gl.bindVertexArray(frusta);
    gl.drawArrays(gl.LINES, 0, segments.length / 3);
  };
  const redraw = () => { wanted = wanted || requestAnimationFrame(draw); };
  const fly = (to, time = 900) => {
    const whole = 2 * Math.PI;
    const turned = ((to.yaw - look.yaw + Math.PI) % whole + whole) % whole - Math.PI;  // the short way round
    flight = { from: { ...look }, to: { ...to, yaw: look.yaw + turned }, start: null, time: calm.matches ? 1 : time };
    redraw();
  };

  // ---- Hands: mouse, touch and pen are pointers; keys do the same.
  const settle = () => {
    look.pitch = Math.max(-LIMIT, Math.min(LIMIT, look.pitch));
    look.distance = Math.max(model.radius * 0.05, Math.min(model.radius * 25, look.distance));
    flight = null;
    redraw();
  };
  const turn = (x, y) => { look.yaw -= x; look.pitch += y; settle(); };
  const zoom = factor => { look.distance *= factor; settle(); };
  const move = (x, y) => {
    const { right, up } = axes(), span = 2 * look.distance * Math.tan(look.fov / 2);
    look.target = look.target.map((c, i) => c + (up[i] * y - right[i] * x) * span);
    settle();
  };
  const pointers = new Map();
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    canvas.focus({ preventScroll: true });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, event => pointers.delete(event.pointerId));
  }
  canvas.addEventListener("pointermove", event => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const side = canvas.clientHeight;
    const x = (event.clientX - last.clientX) / side, y = (event.clientY - last.clientY) / side;
    const other = [...pointers.values()].find(pointer => pointer.pointerId !== event.pointerId);
    if (other) {
      const gap = pointer => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY);
      zoom(gap(last) / Math.max(1, gap(event)));
      move(x / 2, y / 2);
    } else if (event.buttons & 6 || event.shiftKey) move(x, y);
    else turn(4 * x, 4 * y);
    pointers.set(event.pointerId, event);
  });
  canvas.addEventListener("contextmenu", event => event.preventDefault());
  canvas.addEventListener("wheel", event => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;  // else the page could not be scrolled past it
    event.preventDefault();
    zoom(Math.exp(Math.max(-0.2, Math.min(0.2, event.deltaY * 0.002))));
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) move(0.05 * arrow[0], 0.05 * arrow[1]);
    else if (arrow) turn(0.12 * arrow[0], 0.12 * arrow[1]);
    else if (event.key === "+" || event.key === "=") zoom(0.87);
    else if (event.key === "-" || event.key === "_") zoom(1.15);
    else if (event.key === "Home" || event.key === "0") fly(seat(0, model.rise));
    else return;
    event.preventDefault();
  });

  // ---- Buttons: sides, what is shown, and the photographs' own cameras.
  const onClick = (button, act) => button.addEventListener("click", act);
  const quarter = Math.PI / 2;
  const sides = { front: 0, left: -quarter, back: 2 * quarter, right: quarter, top: 0 };
  for (const button of stage.querySelectorAll("[data-side]")) {
    const { side } = button.dataset;
    onClick(button, () => fly(seat(sides[side], side === "top" ? LIMIT : 0.12)));
  }
  const skins = stage.querySelectorAll("[data-skin]");
  for (const button of skins) {
    onClick(button, () => {
      clay = Number(button.dataset.skin === "shape");
      for (const other of skins) other.ariaPressed = String(other === button);
      redraw();
    });
  }
  const cameras = stage.querySelector("[data-cameras]");
  onClick(cameras, () => {
    showCameras = !showCameras;
    cameras.ariaPressed = String(showCameras);
    fly(seat(look.yaw, showCameras ? Math.max(look.pitch, 0.45) : look.pitch));
  });
  const known = new Map(model.cameras.map(camera => [camera.name, camera]));
  for (const button of document.querySelectorAll("[data-camera]")) {
    const camera = known.get(button.dataset.camera);
    if (!camera) continue;
    button.hidden = false;
    onClick(button, () => {
      const { center, forward, depth, fov } = camera;
      const target = center.map((c, i) => c + forward[i] * depth);
      const pitch = Math.asin(Math.max(-1, Math.min(1, -forward[1])));
      fly({ target, yaw: Math.atan2(-forward[0], -forward[2]), pitch, distance: depth, fov });
      stage.scrollIntoView({ block: "center" });
    });
  }

  // ---- Curtain.
  for (const part of stage.querySelectorAll(".controls, figcaption")) part.hidden = false;
  for (const still of stage.querySelectorAll(":scope > img")) still.style.visibility = "hidden";
  new ResizeObserver(redraw).observe(canvas);
  dark.addEventListener("change", redraw);
  draw(performance.now());
  fly(seat(-0.3, model.rise), 1800);
})().catch(error => {
  for (const part of document.querySelectorAll("#model canvas, #model .controls")) part.hidden = true;
  for (const still of document.querySelectorAll("#model > img")) still.style.visibility = "";
  console.warn("The interactive view is not available:", error);
});
