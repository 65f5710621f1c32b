/** Draws the backdrop, a soft shadow where the mesh stands, and its surface. */
export const meshShader = /* wgsl */ `
struct Scene {
  viewProjection: mat4x4f,
  model: mat4x4f,
  eye: vec4f,
  foot: vec4f,
  spread: vec4f, // half width and depth of the foot; size of the canvas
}
@group(0) @binding(0) var<uniform> scene: Scene;

@vertex fn backdropVertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
  return vec4f(f32(i & 1u) * 4 - 1, f32(i >> 1u) * 4 - 1, 0, 1);
}

@fragment fn backdropFragment(@builtin(position) at: vec4f) -> @location(0) vec4f {
  let uv = at.xy / scene.spread.zw;
  let sky = mix(vec3f(0.80, 0.85, 0.96), vec3f(0.95, 0.935, 0.925), smoothstep(0.05, 0.78, uv.y));
  let glow = 0.06 * exp(-6 * dot(uv - vec2f(0.5, 0.42), uv - vec2f(0.5, 0.42)));
  return vec4f(sky + glow, 1);
}

struct Shade { @builtin(position) at: vec4f, @location(0) uv: vec2f }

@vertex fn shadowVertex(@builtin(vertex_index) i: u32) -> Shade {
  let corner = array(vec2f(-1, -1), vec2f(1, -1), vec2f(1, 1), vec2f(-1, -1), vec2f(1, 1), vec2f(-1, 1))[i];
  let uv = 2 * corner;
  let place = vec3f(scene.foot.x + uv.x * scene.spread.x, scene.foot.y, scene.foot.z + uv.y * scene.spread.y);
  return Shade(scene.viewProjection * scene.model * vec4f(place, 1), uv);
}

@fragment fn shadowFragment(shade: Shade) -> @location(0) vec4f {
  let d = length(shade.uv);
  let depth = 0.7 * (1 - smoothstep(0.3, 1.05, d)) + 0.24 * (1 - smoothstep(0.5, 1.9, d));
  return vec4f(0.20, 0.20, 0.30, depth);
}

struct Surface {
  @builtin(position) at: vec4f,
  @location(0) world: vec3f,
  @location(1) normal: vec3f,
}

@vertex fn surfaceVertex(@location(0) place: vec3f, @location(1) normal: vec3f) -> Surface {
  let world = scene.model * vec4f(place, 1);
  return Surface(scene.viewProjection * world, world.xyz, (scene.model * vec4f(normal, 0)).xyz);
}

@fragment fn surfaceFragment(in: Surface) -> @location(0) vec4f {
  let n = normalize(in.normal);
  let v = normalize(scene.eye.xyz - in.world);
  let key = normalize(vec3f(-0.55, 0.8, 0.6));
  let back = normalize(vec3f(0.8, 0.25, -0.6));

  let clay = vec3f(0.83, 0.47, 0.33);
  let height = in.world.y - scene.foot.y;
  let open = mix(0.45, 1.0, smoothstep(0.0, 0.55, height)); // less sky is seen near the ground
  let wrapped = saturate((dot(n, key) + 0.25) / 1.25);
  let sky = mix(vec3f(0.50, 0.38, 0.34), vec3f(0.62, 0.70, 0.90), n.y * 0.5 + 0.5);
  let sheen = pow(saturate(dot(n, normalize(key + v))), 38);
  let edge = pow(1 - saturate(dot(n, v)), 3);

  var colour = clay * (sky * 0.62 * open + vec3f(1.0, 0.93, 0.84) * 0.86 * wrapped);
  colour += clay * vec3f(0.55, 0.65, 1.0) * 0.45 * saturate(dot(n, back));
  colour += vec3f(1.0, 0.96, 0.9) * 0.20 * sheen + vec3f(0.75, 0.82, 1.0) * 0.26 * edge * open;
  return vec4f(colour, 1);
}`;
