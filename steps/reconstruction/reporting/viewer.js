// The interactive view: WebGL 2 without a library. Where anything it needs is missing, the still picture stays.
(async () => {
  const source = document.getElementById("viewer-data"), stage = document.getElementById("model");
  const canvas = stage && stage.querySelector("canvas");
  if (!source || !canvas || typeof DecompressionStream === "undefined") return;
  const gl = canvas.getContext("webgl2", { antialias: true, premultipliedAlpha: true });
  if (!gl) return;
  const model = JSON.parse(source.textContent);

  // --- unpacking: zigzag differences in byte planes, deflated (see geometry.py) ---
  const packed = Uint8Array.from(atob(model.data), c => c.charCodeAt(0));
  const bytes = new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  let at = 0;
  const column = (out, count, width, stride, offset) => {
    for (let i = 0, value = 0; i < count; i++) {
      let z = 0;
      for (let b = 0; b < width; b++) z |= bytes[at + b * count + i] << (8 * b);
      value += (z >>> 1) ^ -(z & 1);
      out[i * stride + offset] = value;
    }
    at += count * width;
  };
  const { vertices, faces } = model;
  const places = new Uint16Array(vertices * 4), coords = new Uint16Array(vertices * 2), normals = new Int8Array(vertices * 4), index = new Uint32Array(faces * 3);
  for (let k = 0; k < 3; k++) column(places, vertices, 2, 4, k);
  for (let k = 0; k < 2; k++) column(coords, vertices, 2, 2, k);
  for (let k = 0; k < 3; k++, at += vertices) for (let i = 0; i < vertices; i++) normals[i * 4 + k] = bytes[at + i];
  column(index, faces * 3, 4, 1, 0);

  // --- programs ---
  const program = (vertex, fragment) => {
    const made = gl.createProgram();
    for (const [kind, code] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, "#version 300 es\nprecision highp float;\n" + code);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
    return made;
  };
  const solid = program(
    `layout(location=0) in vec3 place; layout(location=1) in vec2 coord; layout(location=2) in vec3 normal;
     uniform mat4 matrix; uniform vec3 low, size; uniform vec4 uv; out vec2 spot; out vec3 facing, world;
     void main() { world = low + place * size; spot = uv.xy + coord * uv.zw; facing = normal; gl_Position = matrix * vec4(world, 1.); }`,
    `in vec2 spot; in vec3 facing, world; uniform sampler2D picture; uniform vec3 eye; uniform float clay; out vec4 color;
     void main() {
       vec3 n = normalize(facing), v = normalize(eye - world);
       float front = dot(n, v);
       float light = .32 + .68 * max(0., dot(n, normalize(v + vec3(.35, .6, .1))));
       vec3 shape = vec3(.80, .79, .76) * light;
       vec3 skin = mix(texture(picture, spot).rgb, shape, clay);
       color = vec4(gl_FrontFacing ? skin : mix(skin, vec3(.42, .44, .47), .65) * .8, 1.);
     }`);
  const line = program(
    `layout(location=0) in vec3 place; uniform mat4 matrix; void main() { gl_Position = matrix * vec4(place, 1.); }`,
    `uniform vec4 tint; out vec4 color; void main() { color = tint; }`);
  const uniform = (p, name) => gl.getUniformLocation(p, name);
  const buffer = (data, target = gl.ARRAY_BUFFER) => { const b = gl.createBuffer(); gl.bindBuffer(target, b); gl.bufferData(target, data, gl.STATIC_DRAW); return b; };

  const mesh = gl.createVertexArray();
  gl.bindVertexArray(mesh);
  [[places, 3, gl.UNSIGNED_SHORT, 8], [coords, 2, gl.UNSIGNED_SHORT, 4], [normals, 3, gl.BYTE, 4]].forEach(([data, n, type, stride], i) => {
    buffer(data); gl.enableVertexAttribArray(i); gl.vertexAttribPointer(i, n, type, true, stride, 0);
  });
  buffer(index, gl.ELEMENT_ARRAY_BUFFER);

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

  // --- photographs' cameras as frusta ---
  const segments = [];
  for (const camera of model.cameras)
    camera.corners.forEach((corner, i) => segments.push(...camera.center, ...corner, ...corner, ...camera.corners[(i + 1) % 4]));
  const frusta = gl.createVertexArray();
  gl.bindVertexArray(frusta);
  buffer(new Float32Array(segments)); gl.enableVertexAttribArray(0); gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);

  // --- where one looks from: a turntable around `target` ---
  const FOV = .5;
  const box = (low, high) => ({ target: low.map((a, i) => (a + high[i]) / 2), half: low.map((a, i) => (high[i] - a) / 2) });
  const edges = [model.target.map((c, i) => c - model.half[i]), model.target.map((c, i) => c + model.half[i])];
  const spots = [...edges, ...model.cameras.map(camera => camera.center)];
  const boxes = [box(...edges), box(...[Math.min, Math.max].map(choose => edges[0].map((_, i) => choose(...spots.map(spot => spot[i])))))];
  let showCameras = false;
  const seat = (yaw, pitch) => {  // as near as lets the whole model be seen, and the cameras where they are shown
    const { target, half } = boxes[Number(showCameras)];
    const reach = axis => axis.reduce((sum, part, i) => sum + Math.abs(part) * half[i], 0), [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const aspect = Math.max(.2, canvas.clientWidth / Math.max(1, canvas.clientHeight)), tangent = Math.tan(FOV / 2), short = Math.min(1, aspect);
    const wide = reach([cy, 0, -sy]) / (tangent * aspect / short), tall = reach([-sp * sy, cp, -sp * cy]) / (tangent / short);
    return { target, yaw, pitch, fov: FOV, distance: 1.08 * Math.max(wide, tall) + .6 * reach([sy * cp, sp, cy * cp]) };
  };
  const sides = { front: [0, .12], left: [-Math.PI / 2, .12], back: [Math.PI, .12], right: [Math.PI / 2, .12], top: [0, 1.5] };
  canvas.hidden = false;
  let look = seat(-.6, .2), flight = null, clay = 0, wanted = 0;
  const backward = (v = look) => [Math.sin(v.yaw) * Math.cos(v.pitch), Math.sin(v.pitch), Math.cos(v.yaw) * Math.cos(v.pitch)];
  const multiply = (a, b) => a.map((_, i) => { let s = 0; for (let k = 0; k < 4; k++) s += a[k * 4 + i % 4] * b[(i >> 2) * 4 + k]; return s; });
  const draw = now => {
    wanted = 0;
    if (flight) {
      flight.start ??= now;
      const t = Math.min(1, (now - flight.start) / flight.time), s = t * t * (3 - 2 * t), mix = (a, b) => a + (b - a) * s;
      for (const key of ["yaw", "pitch", "distance", "fov"]) look[key] = mix(flight.from[key], flight.to[key]);
      look.target = flight.from.target.map((a, i) => mix(a, flight.to.target[i]));
      if (t < 1) redraw(); else flight = null;
    }
    const scale = Math.min(2, window.devicePixelRatio || 1), width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT); gl.enable(gl.DEPTH_TEST);
    const back = backward(), eye = look.target.map((c, i) => c + back[i] * look.distance);
    const cy = Math.cos(look.yaw), sy = Math.sin(look.yaw), right = [cy, 0, -sy];
    const up = [back[1] * right[2] - back[2] * right[1], back[2] * right[0] - back[0] * right[2], back[0] * right[1] - back[1] * right[0]];
    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    const view = [right[0], up[0], back[0], 0, right[1], up[1], back[1], 0, right[2], up[2], back[2], 0, -dot(right, eye), -dot(up, eye), -dot(back, eye), 1];
    const near = Math.max(look.distance / 500, look.distance - model.radius * 30), far = look.distance + model.radius * 30;
    const f = 1 / Math.tan(look.fov / 2), fx = width < height ? f : f * height / width, fy = width < height ? f * width / height : f;
    const matrix = multiply([fx, 0, 0, 0, 0, fy, 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, 2 * far * near / (near - far), 0], view);
    gl.useProgram(solid);
    gl.uniformMatrix4fv(uniform(solid, "matrix"), false, matrix);
    gl.uniform3fv(uniform(solid, "low"), model.low); gl.uniform3fv(uniform(solid, "size"), model.size);
    gl.uniform4fv(uniform(solid, "uv"), [...model.uvLow, ...model.uvSize]);
    gl.uniform3fv(uniform(solid, "eye"), eye); gl.uniform1f(uniform(solid, "clay"), clay);
    gl.bindVertexArray(mesh);
    gl.drawElements(gl.TRIANGLES, faces * 3, gl.UNSIGNED_INT, 0);
    if (showCameras) {
      gl.useProgram(line);
      gl.uniformMatrix4fv(uniform(line, "matrix"), false, matrix);
      gl.uniform4fv(uniform(line, "tint"), matchMedia("(prefers-color-scheme: dark)").matches ? [.34, .78, .8, 1] : [.04, .42, .45, 1]);
      gl.bindVertexArray(frusta);
      gl.drawArrays(gl.LINES, 0, segments.length / 3);
    }
  };
  const redraw = () => { wanted = wanted || requestAnimationFrame(draw); };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const fly = to => {
    const turn = ((to.yaw - look.yaw + Math.PI) % (2 * Math.PI) + 2 * Math.PI) % (2 * Math.PI) - Math.PI;  // the short way round
    flight = { from: { ...look }, to: { ...to, yaw: look.yaw + turn }, start: null, time: still.matches ? 1 : 900 };
    redraw();
  };

  // --- hands: mouse, touch and pen are pointers; keys do the same ---
  const limit = () => { look.pitch = Math.max(-1.5, Math.min(1.5, look.pitch)); look.distance = Math.max(model.radius * .05, Math.min(model.radius * 25, look.distance)); flight = null; redraw(); };
  const turn = (x, y) => { look.yaw -= x; look.pitch += y; limit(); };
  const move = (x, y) => {
    const back = backward(), right = [Math.cos(look.yaw), 0, -Math.sin(look.yaw)], s = look.distance * Math.tan(look.fov / 2) * 2;
    const up = [back[1] * right[2] - back[2] * right[1], back[2] * right[0] - back[0] * right[2], back[0] * right[1] - back[1] * right[0]];
    look.target = look.target.map((c, i) => c + (-right[i] * x + up[i] * y) * s); limit();
  };
  const zoom = factor => { look.distance *= factor; limit(); };
  const pointers = new Map();
  canvas.addEventListener("pointerdown", e => { canvas.setPointerCapture(e.pointerId); pointers.set(e.pointerId, e); canvas.focus({ preventScroll: true }); });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, e => pointers.delete(e.pointerId));
  canvas.addEventListener("pointermove", e => {
    const last = pointers.get(e.pointerId);
    if (!last) return;
    const dx = (e.clientX - last.clientX) / canvas.clientHeight, dy = (e.clientY - last.clientY) / canvas.clientHeight;
    if (pointers.size === 2) {
      const other = [...pointers.values()].find(p => p.pointerId !== e.pointerId), gap = p => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
      zoom(gap(last) / Math.max(1, gap(e))); move(dx / 2, dy / 2);
    } else if (e.buttons & 6 || e.shiftKey) move(dx, dy); else turn(dx * 4, dy * 4);
    pointers.set(e.pointerId, e);
  });
  canvas.addEventListener("contextmenu", e => e.preventDefault());
  canvas.addEventListener("wheel", e => { if (document.activeElement === canvas || e.ctrlKey) { e.preventDefault(); zoom(Math.exp(Math.sign(e.deltaY) * Math.min(.2, Math.abs(e.deltaY) * .002))); } }, { passive: false });
  canvas.addEventListener("keydown", e => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (step) e.shiftKey ? move(step[0] * -.05, step[1] * -.05) : turn(step[0] * -.12, step[1] * -.12);
    else if (e.key === "+" || e.key === "=") zoom(.87); else if (e.key === "-" || e.key === "_") zoom(1.15); else if (e.key === "Home" || e.key === "0") fly(seat(...sides.front)); else return;
    e.preventDefault();
  });

  // --- buttons ---
  for (const button of stage.querySelectorAll("[data-side]")) button.addEventListener("click", () => fly(seat(...sides[button.dataset.side])));
  for (const button of stage.querySelectorAll("[data-look]")) button.addEventListener("click", () => {
    if (button.dataset.look === "cameras") { showCameras = !showCameras; button.ariaPressed = String(showCameras); fly(seat(look.yaw, showCameras ? Math.max(look.pitch, .45) : look.pitch)); }
    else { clay = Number(button.dataset.look === "shape"); for (const other of stage.querySelectorAll("[data-look]:not([data-look=cameras])")) other.ariaPressed = String(other === button); }
    redraw();
  });
  for (const button of document.querySelectorAll("[data-camera]")) {
    const camera = model.cameras.find(c => c.name === button.dataset.camera);
    if (!camera) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const gaze = camera.forward, depth = camera.depth;
      fly({ target: camera.center.map((c, i) => c + gaze[i] * depth), yaw: Math.atan2(-gaze[0], -gaze[2]), pitch: Math.asin(Math.max(-1, Math.min(1, -gaze[1]))), distance: depth, fov: camera.fov });
      stage.scrollIntoView({ block: "center" });
    });
  }

  // --- curtain ---
  for (const part of stage.querySelectorAll(".controls, figcaption")) part.hidden = false;
  for (const img of stage.querySelectorAll(":scope > img")) img.style.visibility = "hidden";
  new ResizeObserver(redraw).observe(canvas);
  look = seat(-.75, .25);
  draw(performance.now());
  fly(seat(-.3, .15));
  if (!still.matches) flight.time = 1800;
})().catch(error => {
  for (const part of document.querySelectorAll("#model canvas, #model .controls")) part.hidden = true;
  for (const img of document.querySelectorAll("#model > img")) img.style.visibility = "";
  console.warn("The interactive view is not available:", error);
});
