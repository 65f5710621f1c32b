const headerBytes = 16;
const indexBytes = 2;

export const vertexBytes = 24; // place and normal, three float32 each

/** Fetches a mesh in the format of assets/README.md. The file stays whole: it goes to the GPU as it is. */
export async function loadMesh(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`fetch ${url}: ${response.status} ${response.statusText}`);
  return parseMesh(await response.arrayBuffer());
}

function parseMesh(file) {
  const view = new DataView(file);
  const magic = String.fromCharCode(...new Uint8Array(file, 0, 4));
  const [vertices, indices, width] = [4, 8, 12].map((at) => view.getUint32(at, true));
  if (magic !== "MSH1" || width !== indexBytes) throw new Error(`mesh of an unknown format: ${magic}, ${width}-byte indices`);
  const indexOffset = headerBytes + vertices * vertexBytes;
  return {
    file,
    vertices,
    indices,
    vertexOffset: headerBytes,
    indexOffset,
    footprint: footprint(new Float32Array(file, headerBytes, (vertices * vertexBytes) / 4)),
  };
}

/** Where the mesh stands: its lowest height, and the middle and half size of its lower part. */
function footprint(floats) {
  const places = [];
  for (let i = 0; i < floats.length; i += vertexBytes / 4) places.push(floats.subarray(i, i + 3));
  const ground = Math.min(...places.map(([, y]) => y));
  const low = places.filter(([, y]) => y < ground + 0.35);
  const side = (axis) => {
    const values = low.map((place) => place[axis]);
    const from = Math.min(...values), to = Math.max(...values);
    return { middle: (from + to) / 2, half: (to - from) / 2 };
  };
  return { ground, x: side(0), z: side(2) };
}
