/** Why WebGPU cannot be had here: "insecure", "missing", "adapter", or "" where it can. */
export async function obstacle() {
  if (!isSecureContext) return "insecure";
  if (!navigator.gpu) return "missing";
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter ? "" : "adapter";
}

const linux = "On Linux: chrome://flags/#enable-unsafe-webgpu and #enable-vulkan, or start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan.";

const advice = {
  insecure: {
    title: "WebGPU needs a secure address",
    text: "Browsers offer WebGPU on https:// and on localhost only.",
    steps: ["Open this page at http://localhost, or serve it by HTTPS."],
  },
  missing: {
    title: "This browser has no WebGPU",
    text: "Everything on this page runs on the GPU. To see it, take one of these:",
    steps: [
      "Chrome or Edge 113 or newer on Windows, macOS and ChromeOS; 121 or newer on Android.",
      linux,
      "Safari 26 or newer on macOS, iOS and iPadOS.",
      "Firefox 141 or newer on Windows, 145 or newer on Apple silicon; elsewhere dom.webgpu.enabled in about:config.",
    ],
  },
  adapter: {
    title: "WebGPU is here, but no GPU answers",
    text: "The browser refused an adapter. Usually its GPU process is off, or the driver is on its blocklist.",
    steps: [
      "Look at chrome://gpu: “WebGPU” should say “Hardware accelerated”.",
      "Turn on “Use graphics acceleration when available” in the settings, update the driver, restart the browser.",
      linux,
      "On a machine without a GPU, --enable-unsafe-swiftshader with --enable-unsafe-webgpu runs WebGPU on the CPU.",
    ],
  },
};

/** What to do about an obstacle. */
export function adviceFor(name) {
  return advice[name];
}
