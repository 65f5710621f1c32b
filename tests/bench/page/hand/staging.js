// Mapped chunks that writes share, the way a good program stages data for the GPU.

const usage = GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC;
const makeChunk = (device, size) => device.createBuffer({ size, usage, mappedAtCreation: true });

/** A fixed number of chunks, used in turn. take() returns a chunk, or a promise of it while it is not mapped. */
export class Ring {
  #chunks;
  #turn = 0;

  constructor(device, k, size) {
    this.size = size;
    this.#chunks = Array.from({ length: k }, () => ({ buffer: makeChunk(device, size), pending: null }));
  }

  take() {
    const chunk = this.#chunks[this.#turn++ % this.#chunks.length];
    return chunk.pending ? chunk.pending.then(() => chunk) : chunk;
  }

  /** Asks for the next map of a chunk that was submitted. */
  give(chunk) {
    chunk.pending = chunk.buffer.mapAsync(GPUMapMode.WRITE).then(() => void (chunk.pending = null), () => {});
  }

  destroy() {
    this.#chunks.forEach(({ buffer }) => buffer.destroy());
  }
}

/** As many chunks as are needed at a time. */
export class Pool {
  #device;
  #made = [];
  #free = [];

  constructor(device, size) {
    this.#device = device;
    this.size = size;
  }

  take() {
    return this.#free.pop() ?? this.#make();
  }

  #make() {
    const chunk = { buffer: makeChunk(this.#device, this.size) };
    this.#made.push(chunk);
    return chunk;
  }

  give(chunk) {
    chunk.buffer.mapAsync(GPUMapMode.WRITE).then(() => this.#free.push(chunk), () => {});
  }

  destroy() {
    this.#made.forEach(({ buffer }) => buffer.destroy());
  }
}

/**
 * Copies writes { target, at, bytes } through the chunks of a Ring or Pool, as many to a chunk as fit, with a submit for
 * each chunk, or one for all.
 */
export async function sendThrough(device, chunks, writes, together = false) {
  const sealed = [];
  const commands = [];
  const submit = () => {
    device.queue.submit(commands.splice(0));
    for (const one of sealed.splice(0)) chunks.give(one);
  };
  let chunk;
  let range;
  let encoder;
  let filled = 0;
  const seal = () => {
    chunk.buffer.unmap();
    sealed.push(chunk);
    commands.push(encoder.finish());
    chunk = undefined;
    if (!together) submit();
  };
  for (const { target, at, bytes } of writes) {
    for (let from = 0; from < bytes.length; ) {
      if (!chunk) {
        const taken = chunks.take();
        chunk = taken.then ? await taken : taken;
        range = new Uint8Array(chunk.buffer.getMappedRange());
        encoder = device.createCommandEncoder();
        filled = 0;
      }
      const n = Math.min(bytes.length - from, chunks.size - filled);
      range.set(bytes.subarray(from, from + n), filled);
      encoder.copyBufferToBuffer(chunk.buffer, filled, target, at + from, n);
      filled += n;
      from += n;
      if (filled === chunks.size) seal();
    }
  }
  if (chunk) seal();
  if (together) submit();
}

/** Copies each of the writes through a buffer that is made for it, with one submit for all. */
export function sendNew(device, writes) {
  const encoder = device.createCommandEncoder();
  const made = writes.map(({ target, at, bytes }) => {
    const buffer = makeChunk(device, bytes.length);
    new Uint8Array(buffer.getMappedRange()).set(bytes);
    buffer.unmap();
    encoder.copyBufferToBuffer(buffer, 0, target, at, bytes.length);
    return buffer;
  });
  device.queue.submit([encoder.finish()]);
  made.forEach((buffer) => buffer.destroy());
}
