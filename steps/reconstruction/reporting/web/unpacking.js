// Streams of numbers: differences in zigzag, by byte planes, deflated together (geometry.py packs them so).
const inflate = async text => {
  const packed = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

const reader = bytes => {
  let at = 0;
  return {
    column(out, count, width, stride, offset) {
      for (let i = 0, value = 0; i < count; i++) {
        let zigzag = 0;
        for (let b = 0; b < width; b++) zigzag |= bytes[at + b * count + i] << (8 * b);
        value += (zigzag >>> 1) ^ -(zigzag & 1);
        out[i * stride + offset] = value;
      }
      at += count * width;
    },
    plain(out, count, stride, offset) {
      for (let i = 0; i < count; i++) out[i * stride + offset] = bytes[at + i];
      at += count;
    },
  };
};

const unpackMesh = async ({ data, vertices, faces }) => {
  const from = reader(await inflate(data));
  const mesh = {
    places: new Uint16Array(vertices * 4),
    coords: new Uint16Array(vertices * 2),
    normals: new Int8Array(vertices * 4),
    index: new Uint32Array(faces * 3),
  };
  for (let k = 0; k < 3; k++) from.column(mesh.places, vertices, 2, 4, k);
  for (let k = 0; k < 2; k++) from.column(mesh.coords, vertices, 2, 2, k);
  for (let k = 0; k < 3; k++) from.plain(mesh.normals, vertices, 4, k);
  from.column(mesh.index, faces * 3, 4, 1, 0);
  return mesh;
};

const unpackPoints = async ({ data, count }) => {
  const from = reader(await inflate(data));
  const points = { places: new Uint16Array(count * 4), colors: new Uint8Array(count * 4).fill(255) };
  for (let k = 0; k < 3; k++) from.column(points.places, count, 2, 4, k);
  for (let k = 0; k < 3; k++) from.plain(points.colors, count, 4, k);
  return points;
};
