// Rings of mapped buffers, for uploads and for reads.

const usage = {
  up: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
  down: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
};

/** k chunks of size bytes, mapped before they are needed. */
export class UploadRing {
  #device;
  #size;
  #chunks;
  #turn = 0;

  constructor(device, k, size) {
    this.#device = device;
    this.#size = size;
    this.#chunks = Array.from({ length: k }, () => ({
      buffer: device.createBuffer({ size, usage: usage.up, mappedAtCreation: true }),
      mapped: null, // Promise while a map is pending
    }));
  }

  /** The next chunk, once it is mapped. */
  async next() {
    const chunk = this.#chunks[this.#turn++ % this.#chunks.length];
    await chunk.mapped;
    return chunk;
  }

  /** Sends the first n bytes of the chunk to target, and asks for its next map. */
  send(chunk, target, at, n) {
    chunk.buffer.unmap();
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(chunk.buffer, 0, target, at, n);
    this.#device.queue.submit([encoder.finish()]);
    chunk.mapped = chunk.buffer.mapAsync(GPUMapMode.WRITE, 0, this.#size);
  }

  /** Copies bytes to target, chunk by chunk. */
  async write(target, bytes, from = 0) {
    for (let at = 0; at < bytes.length; at += this.#size) {
      const n = Math.min(this.#size, bytes.length - at);
      const chunk = await this.next();
      new Uint8Array(chunk.buffer.getMappedRange(0, n)).set(bytes.subarray(at, at + n));
      this.send(chunk, target, from + at, n);
    }
  }

  destroy() {
    for (const chunk of this.#chunks) {
      chunk.mapped?.catch(() => {});
      chunk.buffer.destroy();
    }
  }
}

/** k chunks of size bytes that a long read goes through, several at a time. */
export class ReadRing {
  #device;
  #size;
  #chunks;

  constructor(device, k, size) {
    this.#device = device;
    this.#size = size;
    this.#chunks = Array.from({ length: k }, () => device.createBuffer({ size, usage: usage.down }));
  }

  async read(source, into) {
    let at = 0;
    const pump = async (chunk) => {
      while (at < into.length) {
        const from = at;
        const n = Math.min(this.#size, into.length - from);
        at += n;
        await copyOut(this.#device, source, from, chunk, n);
        into.set(new Uint8Array(chunk.getMappedRange(0, n)), from);
        chunk.unmap();
      }
    };
    await Promise.all(this.#chunks.map(pump));
    return into;
  }

  destroy() {
    this.#chunks.forEach((chunk) => chunk.destroy());
  }
}

/** Copies n bytes of source to chunk and maps them. */
export function copyOut(device, source, from, chunk, n) {
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, from, chunk, 0, n);
  device.queue.submit([encoder.finish()]);
  return chunk.mapAsync(GPUMapMode.READ, 0, n);
}

export const readChunk = (device, size) => device.createBuffer({ size, usage: usage.down });
