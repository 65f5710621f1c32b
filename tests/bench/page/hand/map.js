export function map(device) {
  const buffer = device.createBuffer({ size: 256, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const path = {
    name: "mapAsync, unmap",
    async run(trips) {
      for (let i = 0; i < trips; i++) {
        await buffer.mapAsync(GPUMapMode.READ);
        buffer.unmap();
      }
    },
  };
  return { paths: [path], destroy: () => buffer.destroy() };
}
