// WebGL 2: the model with its texture, as plain shape or as wires; the sparse points; the photographs' cameras.
const compile = (gl, vertexCode, fragmentCode) => {
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

const SURFACE = [
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
   uniform vec3 eye, up;
   uniform int skin;  // 0 texture, 1 shape, 2 depth in four bytes
   out vec4 color;
   void main() {
     if (skin == 2) {
       vec4 parts = fract(gl_FragCoord.z * vec4(1., 255., 65025., 16581375.));
       color = parts - vec4(parts.yzw / 255., 0.);
       return;
     }
     vec3 n = normalize(facing), v = normalize(eye - world);
     float key = max(0., dot(n, normalize(v + .7 * up + .4 * cross(up, v))));
     float rim = .25 * pow(1. - abs(dot(n, v)), 3.);
     vec3 clay = vec3(.82, .81, .78) * (.26 + .12 * n.y + .62 * key) + rim;
     vec3 outside = skin == 1 ? clay : texture(picture, spot).rgb;
     vec3 inside = mix(outside, vec3(.42, .44, .47), .65) * .8;  // the back of the surface
     color = vec4(gl_FrontFacing ? outside : inside, 1.);
   }`];
const LINES = [
  `layout(location=0) in vec3 place;
   uniform mat4 matrix;
   uniform vec3 low, size;
   void main() { gl_Position = matrix * vec4(low + place * size, 1.); gl_Position.z -= 6e-4 * gl_Position.w; }`,
  "uniform vec4 tint; out vec4 color; void main() { color = vec4(tint.rgb * tint.a, tint.a); }"];
const DOTS = [
  `layout(location=0) in vec3 place;
   layout(location=1) in vec3 paint;
   uniform mat4 matrix;
   uniform vec3 low, size;
   uniform float wide;
   out vec3 skin;
   void main() { skin = paint; gl_Position = matrix * vec4(low + place * size, 1.); gl_PointSize = wide; }`,
  `in vec3 skin; out vec4 color;
   void main() { if (length(gl_PointCoord - .5) > .5) discard; color = vec4(skin, 1.); }`];
const EDGES = 16;  // ends of lines in one drawn camera

const cornersOf = ({ eye, right, up, back, frame: [l, r, b, t] }, reach) =>
  [[l, t], [r, t], [r, b], [l, b]].map(([x, y]) =>
    eye.map((part, i) => part + reach * (right[i] * x + up[i] * y - back[i])));

const painter = async (gl, model) => {
  const { mesh: packed, points: dots } = model;
  const mesh = await unpackMesh(packed), cloud = await unpackPoints(dots);
  const surface = compile(gl, ...SURFACE), lines = compile(gl, ...LINES), spots = compile(gl, ...DOTS);
  const buffer = (data, target = gl.ARRAY_BUFFER) => {
    const made = gl.createBuffer();
    gl.bindBuffer(target, made);
    gl.bufferData(target, data, gl.STATIC_DRAW);
    return made;
  };
  const point = (slot, made, parts, type, stride) => {
    gl.bindBuffer(gl.ARRAY_BUFFER, made);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, parts, type, true, stride, 0);
  };
  const array = fill => {
    const made = gl.createVertexArray();
    gl.bindVertexArray(made);
    fill();
    gl.bindVertexArray(null);
    return made;
  };
  const places = buffer(mesh.places);
  const solid = array(() => {
    point(0, places, 3, gl.UNSIGNED_SHORT, 8);
    point(1, buffer(mesh.coords), 2, gl.UNSIGNED_SHORT, 4);
    point(2, buffer(mesh.normals), 3, gl.BYTE, 4);
    buffer(mesh.index, gl.ELEMENT_ARRAY_BUFFER);
  });
  let wires = null;  // made when they are first asked for
  const wired = () => wires ??= array(() => {
    const ends = new Uint32Array(packed.faces * 6);
    for (let f = 0; f < packed.faces; f++) {
      for (let k = 0; k < 3; k++) {
        ends[f * 6 + k * 2] = mesh.index[f * 3 + k];
        ends[f * 6 + k * 2 + 1] = mesh.index[f * 3 + (k + 1) % 3];
      }
    }
    point(0, places, 3, gl.UNSIGNED_SHORT, 8);
    buffer(ends, gl.ELEMENT_ARRAY_BUFFER);
  });
  const sparse = array(() => {
    point(0, buffer(cloud.places), 3, gl.UNSIGNED_SHORT, 8);
    point(1, buffer(cloud.colors), 3, gl.UNSIGNED_BYTE, 4);
  });
  const frusta = array(() => {
    const ends = [];
    for (const camera of model.cameras) {
      const corners = cornersOf(camera, model.reach);
      corners.forEach((corner, i) => ends.push(...camera.eye, ...corner, ...corner, ...corners[(i + 1) % 4]));
    }
    point(0, buffer(new Float32Array(ends)), 3, gl.FLOAT, 0);
  });

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
  gl.enable(gl.DEPTH_TEST);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  const use = ({ made, uniforms }, matrix, { low, size } = { low: [0, 0, 0], size: [1, 1, 1] }) => {
    gl.useProgram(made);
    gl.uniformMatrix4fv(uniforms.matrix, false, matrix);
    gl.uniform3fv(uniforms.low, low);
    gl.uniform3fv(uniforms.size, size);
    return uniforms;
  };
  const clear = () => {
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  };
  const drawSurface = (pose, matrix, skin) => {
    const uniforms = use(surface, matrix, packed);
    gl.uniform4fv(uniforms.uv, [...packed.uvLow, ...packed.uvSize]);
    gl.uniform3fv(uniforms.eye, pose.eye);
    gl.uniform3fv(uniforms.up, pose.up);
    gl.uniform1i(uniforms.skin, skin);
    if (model.room) gl.enable(gl.CULL_FACE); else gl.disable(gl.CULL_FACE);
    gl.bindVertexArray(solid);
    gl.drawElements(gl.TRIANGLES, packed.faces * 3, gl.UNSIGNED_INT, 0);
  };
  const drawCameras = (matrix, { dark, chosen }) => {
    const uniforms = use(lines, matrix);
    gl.bindVertexArray(frusta);
    gl.uniform4fv(uniforms.tint, dark ? [0.34, 0.78, 0.8, 1] : [0.04, 0.42, 0.45, 1]);
    gl.drawArrays(gl.LINES, 0, model.cameras.length * EDGES);
    if (chosen < 0) return;
    gl.disable(gl.DEPTH_TEST);
    gl.uniform4fv(uniforms.tint, dark ? [1, 0.75, 0.35, 1] : [0.8, 0.35, 0, 1]);
    gl.drawArrays(gl.LINES, chosen * EDGES, EDGES);
    gl.enable(gl.DEPTH_TEST);
  };
  return {
    draw(pose, matrix, shown) {
      clear();
      if (shown.skin === "points") {
        const uniforms = use(spots, matrix, dots);
        gl.uniform1f(uniforms.wide, 2.5 * shown.scale);
        gl.bindVertexArray(sparse);
        gl.drawArrays(gl.POINTS, 0, dots.count);
      } else {
        drawSurface(pose, matrix, shown.skin === "texture" ? 0 : 1);
      }
      if (shown.skin === "wire") {
        const uniforms = use(lines, matrix, packed);
        gl.enable(gl.BLEND);
        gl.uniform4fv(uniforms.tint, [0.05, 0.25, 0.3, 0.55]);
        gl.bindVertexArray(wired());
        gl.drawElements(gl.LINES, packed.faces * 6, gl.UNSIGNED_INT, 0);
        gl.disable(gl.BLEND);
      }
      if (shown.cameras) drawCameras(matrix, shown);
    },
    // The depth from 0 to 1 at a pixel from the bottom left; 1 where there is no model.
    depthAt(pose, matrix, x, y) {
      clear();
      drawSurface(pose, matrix, 2);
      const parts = new Uint8Array(4);
      gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, parts);
      if (!parts.some(Boolean)) return 1;
      return parts[0] / 255 + parts[1] / 65025 + parts[2] / 16581375;
    },
  };
};
