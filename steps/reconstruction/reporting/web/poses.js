// Where one looks from. A pose is an eye, three axes, and where the borders of the picture lie at distance 1:
// frame = [left, right, bottom, top]. An orbit is a turntable around a target; it gives a pose.
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const along = (a, b, t) => a.map((part, i) => part + b[i] * t);
const between = (a, b, t) => a.map((part, i) => part + (b[i] - part) * t);
const unit = (a, otherwise) => {
  const length = Math.hypot(...a);
  return length > 1e-6 ? a.map(part => part / length) : otherwise;
};

const TANGENT = Math.tan(0.25);  // of half the field of view across the shorter side
const STEEPEST = 1.5;  // radians of pitch, just short of straight down

const turned = (yaw, pitch) => {
  const back = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
  const right = [Math.cos(yaw), 0, -Math.sin(yaw)];
  return { right, up: cross(back, right), back };
};

const wide = (tangent, aspect) => aspect < 1 ? [tangent, tangent / aspect] : [tangent * aspect, tangent];

const poseOfOrbit = ({ target, yaw, pitch, distance, tangent }, aspect) => {
  const axes = turned(yaw, pitch);
  const [x, y] = wide(tangent, aspect);
  return { eye: along(target, axes.back, distance), ...axes, frame: [-x, x, -y, y], depth: distance };
};

const orbitOfPose = ({ eye, back, frame, depth }) => ({
  target: along(eye, back, -depth),
  yaw: Math.atan2(back[0], back[2]),
  pitch: Math.asin(Math.max(-1, Math.min(1, back[1]))),
  distance: depth,
  tangent: Math.min(frame[1] - frame[0], frame[3] - frame[2]) / 2,
});

// The nearest orbit from a side that has all points in the picture, with margins: |x − c| ≤ t·(z + d), solved for c and d.
const fitted = (points, yaw, pitch, aspect, margins) => {
  const { right, up, back } = turned(yaw, pitch);
  const tangents = wide(TANGENT, aspect).map((t, i) => t / margins[i]);
  let nearest = -Infinity;
  const most = [-Infinity, -Infinity], least = [-Infinity, -Infinity];
  for (const point of points) {
    const z = -dot(back, point);
    nearest = Math.max(nearest, -z);
    [right, up].forEach((axis, i) => {
      const x = dot(axis, point);
      most[i] = Math.max(most[i], x - tangents[i] * z);
      least[i] = Math.max(least[i], -x - tangents[i] * z);
    });
  }
  const away = Math.max(...tangents.map((t, i) => (most[i] + least[i]) / (2 * t)), nearest * 1.0001 + 1e-9);
  const [x, y] = most.map((value, i) => (value - least[i]) / 2);
  const eye = [0, 1, 2].map(i => right[i] * x + up[i] * y + back[i] * away);
  // turn around the middle of what is seen, not around the nearest point
  const depths = points.map(point => dot(back, eye) - dot(back, point));
  const distance = (Math.min(...depths) + Math.max(...depths)) / 2;
  return { target: along(eye, back, -distance), yaw, pitch, distance, tangent: TANGENT };
};

// A photograph's camera in a window of width × height pixels of which `free` = [left, top, right, bottom] stay clear.
const poseOfCamera = (camera, width, height, free) => {
  const [l, r, b, t] = camera.frame;
  const [x, y, w, h] = [free[0], free[1], width - free[0] - free[2], height - free[1] - free[3]];
  const scale = Math.max(1, Math.min(w / (r - l), h / (t - b)));
  const left = x + (w - (r - l) * scale) / 2, top = y + (h - (t - b) * scale) / 2;
  const [L, T] = [l - left / scale, t + top / scale];
  return {
    eye: camera.eye, right: camera.right, up: camera.up, back: camera.back, depth: camera.depth,
    frame: [L, L + width / scale, T - height / scale, T],
    picture: { left, top, width: (r - l) * scale, height: (t - b) * scale },
  };
};

const poseBetween = (a, b, t) => {
  const back = unit(between(a.back, b.back, t), b.back);
  const up = between(a.up, b.up, t);
  const right = unit(cross(up, back), b.right);
  return {
    eye: between(a.eye, b.eye, t), right, up: cross(back, right), back,
    frame: between(a.frame, b.frame, t), depth: a.depth + (b.depth - a.depth) * t,
  };
};

// Column by column, as WebGL wants it; the depth buffer reaches from near to far.
const matrixOf = ({ eye, right, up, back, frame: [l, r, b, t] }, near, far) => {
  const row = axis => [...axis, -dot(axis, eye)];
  const [x, y, z] = [row(right), row(up), row(back)];
  const rows = [
    x.map((part, i) => (2 * part + (r + l) * z[i]) / (r - l)),
    y.map((part, i) => (2 * part + (t + b) * z[i]) / (t - b)),
    z.map((part, i) => (part * -(far + near) - (i === 3 ? 2 * far * near : 0)) / (far - near)),
    z.map(part => -part),
  ];
  return [0, 1, 2, 3].flatMap(column => rows.map(each => each[column]));
};

// Where a point is in the window, in pixels from the top left; null when it is behind.
const seenAt = ({ eye, right, up, back, frame: [l, r, b, t] }, point, width, height) => {
  const way = along(point, eye, -1);
  const z = -dot(back, way);
  if (z <= 0) return null;
  return [(dot(right, way) / z - l) / (r - l) * width, (t - dot(up, way) / z) / (t - b) * height];
};
