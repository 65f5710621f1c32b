// Only the faces that the camera can see, from above and in front: top, front, right and left.
const faces = [
  { axis: 1, sign: 1 },
  { axis: 2, sign: 1 },
  { axis: 0, sign: 1 },
  { axis: 0, sign: -1 },
];
const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]];

/** A block from 0 to 1 in height, one wide, centred: place and normal of each vertex. */
export function blockVertices() {
  return new Float32Array(faces.flatMap((face) => corners.flatMap(([u, v]) => vertex(face, u, v))));
}

/** Two triangles a face. */
export function blockIndices() {
  return new Uint16Array(faces.flatMap((_, face) => [0, 1, 2, 0, 2, 3].map((corner) => 4 * face + corner)));
}

/** u and v run along the other two axes, anticlockwise from outside. */
function vertex({ axis, sign }, u, v) {
  const place = [0, 0, 0];
  const normal = [0, 0, 0];
  place[axis] = normal[axis] = sign;
  place[(axis + 1) % 3] = u * sign;
  place[(axis + 2) % 3] = v;
  return [place[0] / 2, place[1] / 2 + 0.5, place[2] / 2, ...normal];
}
