// The types of WebGPU are TypeScript's own from 6 on. TypeScript 5.6 to 5.9 need the package @webgpu/types, which contradicts
// those of newer ones.

/**
 * Loads the module and opens a system, on a device of its own or on the one given. If it rejects, a device that it has
 * requested by then is destroyed. Options that it cannot use reject with a GPUBufferError.
 */
export function open(options?: OpenOptions): Promise<GPUBufferSystem>;

export interface OpenOptions {
  /**
   * The device to use, or a promise of it. A promise lets the page request the device while this module is imported. The
   * device stays the caller's. Without this option a device is requested, and is destroyed with the system.
   */
  device?: GPUDevice | PromiseLike<GPUDevice>;
  /**
   * For the device that is requested. By default it is the fastest, with buffers as large as its adapter allows. Where no
   * adapter of level "core" is to be had, one of level "compatibility" is taken, unless featureLevel says which.
   */
  adapterOptions?: GPURequestAdapterOptions;
  deviceDescriptor?: GPUDeviceDescriptor;
  /** Where the WebAssembly module is, or what was fetched. By default it is gpubuffers.wasm beside this file. */
  wasm?: string | URL | Response | Promise<Response> | BufferSource | WebAssembly.Module;
  /** The most bytes of mappable memory, pools included. By default 256 MiB. */
  budget?: number;
  /**
   * What a call does if the budget has no room for it. By default "wait".
   *
   * | call                                        | "wait"       | "fail"       | "fallback"   |
   * |---------------------------------------------|--------------|--------------|--------------|
   * | mapAsync of a DeferredStagingBuffer         | waits        | rejects      | rejects      |
   * | createImmediateStagingBuffer, reset         | throws       | throws       | throws       |
   * | upload                                      | waits        | rejects      | queue writes |
   * | read, readTexture                           | wait         | reject       | reject       |
   * | createMappableBuffer                        | throws       | throws       | throws       |
   * | write, the updates of a frame               | queue writes | queue writes | queue writes |
   *
   * The code of a refusal is "budget". A wait ends when memory is given back, the object that waits or its system is
   * destroyed, its signal aborts, or the device is lost. A call for more than the whole budget is refused at once; an
   * upload goes by queue writes instead. An upload needs the budget only if it goes through mapped memory, and then room
   * for one chunk: explain() names the path.
   */
  onBudget?: "wait" | "fail" | "fallback";
  /**
   * The most bytes of a chunk that short reads share, and of the pieces into which longer reads are cut. It is a multiple
   * of 256. By default it is 4 MiB, or a quarter of the budget if that is less, and the engine finds the size of the
   * pieces. No chunk has less than 4 KiB.
   */
  chunkSize?: number;
  /**
   * How many frames may be in flight, which means submitted and not yet completed by the GPU. By default 8, and nextFrame()
   * waits from 3 on if the oldest has been in flight for more than 8 ms.
   */
  maxFramesInFlight?: number;
  /**
   * Called at the end of the task. It may call the module. It is called as long as the system is alive, and does not keep
   * the system alive. Without it, records of level "warn" go to console.warn. Records of level "error" go to console.error,
   * unless there is an onError, which hears of the same.
   */
  onLog?: (record: LogRecord) => void;
  /** The least level of a record. By default "info". The console gets no record below "warn", whatever this says. */
  logLevel?: LogLevel;
  /**
   * Where the engine's rates for this adapter come from. Without it the engine learns in the background.
   *  - true: it measures now, as calibrate() does.
   *  - "local": it takes the rates of an earlier run from localStorage. If there are none it measures, and stores the
   *    rates. destroy stores what was learned since.
   *  - what calibration() returned: it loads that.
   */
  calibration?: boolean | "local" | Calibration;
  /** Called with errors that the device reports later than the call that caused them. Like onLog it keeps nothing alive. */
  onError?: (error: GPUBufferError) => void;
  /**
   * For debugging. The log record of a buffer that was dropped without destroy then has a field "created", the stack of its
   * creation. By default false: a stack takes longer than the creation of a buffer.
   */
  trackLeaks?: boolean;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export interface LogRecord {
  level: LogLevel;
  message: string;
  fields: Record<string, string | number>;
}

/**
 * The values of the browser's GPUBufferUsage, frozen. TypeScript's own types of WebGPU name none. A page may import this
 * before it knows whether the browser has WebGPU.
 */
export const BufferUsage: {
  readonly MAP_READ: 0x1;
  readonly MAP_WRITE: 0x2;
  readonly COPY_SRC: 0x4;
  readonly COPY_DST: 0x8;
  readonly INDEX: 0x10;
  readonly VERTEX: 0x20;
  readonly UNIFORM: 0x40;
  readonly STORAGE: 0x80;
  readonly INDIRECT: 0x100;
  readonly QUERY_RESOLVE: 0x200;
};
/** The values of the browser's GPUMapMode, frozen. */
export const MapMode: {
  readonly READ: 0x1;
  readonly WRITE: 0x2;
};
/** The values of the browser's GPUTextureUsage, frozen. */
export const TextureUsage: {
  readonly COPY_SRC: 0x1;
  readonly COPY_DST: 0x2;
  readonly TEXTURE_BINDING: 0x4;
  readonly STORAGE_BINDING: 0x8;
  readonly RENDER_ATTACHMENT: 0x10;
  readonly TRANSIENT_ATTACHMENT: 0x20;
};

/**
 * Any ArrayBuffer, SharedArrayBuffer or view on one. Its bytes are meant, not its elements. It stays the caller's: a call
 * copies from it before it returns, except for upload.
 *
 * Every method that takes data, takes it from a stream or fills it (`into`) takes all kinds: typed arrays of all types,
 * DataView, subclasses, objects of another frame, memory of WebAssembly, and memory that can change its size, with the
 * views that follow it. Queue writes copy memory that can change its size once more, because browsers refuse it. Data of
 * no bytes is taken, too: nothing is moved, and the place is checked all the same. Code "type" refuses data that is
 * detached, a view outside of its memory (resized since), and everything else.
 */
export type Data = ArrayBufferLike | ArrayBufferView;
/**
 * A buffer of this module, of this system or of another on the same device, or any GPUBuffer of the device. A number is
 * refused with code "type", and a buffer of a system on another device with "wrong-device". A buffer of another system
 * stands for the GPUBuffer that it has at the call: a read that is still to be sent when that system grows the buffer can
 * reject.
 */
export type AnyBuffer = DeviceBuffer | MappableBuffer | GPUBuffer;

/**
 * Buffers on one device. Destroy a buffer that you no longer need: its memory is freed at once. Sizes and offsets are
 * bytes.
 *
 * A buffer that is dropped without destroy is freed when the browser collects it. It is reported by a "warn" record in the
 * log, and by `stats().leaks`. If its `gpuBuffer` was asked for, that GPUBuffer is not destroyed: it counts nowhere any
 * more, and lives as long as the page has it. Operations in flight keep the buffers that they need.
 *
 * A system is dropped when the page has neither it, nor a buffer, a frame or the promise `lost` of it. It then ends as by
 * destroy, but its device is left alone.
 *
 * Differences between this module and the browser:
 *  - A DeviceBuffer has COPY_SRC and COPY_DST beside the usages asked for, for reads, writes and grow. Its size is
 *    rounded up to a multiple of 4. A DynamicBuffer has COPY_DST besides. A MappableBuffer is as asked for.
 *  - A DeviceBuffer is never mapped: a descriptor with mappedAtCreation is refused, and so are MAP_READ and MAP_WRITE.
 *  - A buffer of size 0 is refused. So is one to be mapped whose size is not a multiple of 4.
 *  - A call that breaks a rule of WebGPU's throws, or rejects, at once, with a code. The browser reports most of these
 *    mistakes later.
 *  - unmap of a buffer that is not mapped throws.
 *  - dataOffset and size of a write are bytes, whatever data is. GPUQueue.writeBuffer counts a typed array's elements.
 *  - Numbers are taken as they are: 1.5, NaN, "4" and null are refused with code "type", not converted. Whole numbers
 *    below 0 or beyond 2^53 - 1 are refused with code "range".
 *  - A count (budget, chunkSize, maxFramesInFlight, maxInFlight, rowBytes) is at least 1, and maxSlots at least 3.
 *  - An object with options has no enumerable property of its own but those named. Else code "type" refuses it.
 */
export class GPUBufferSystem {
  private constructor();
  readonly device: GPUDevice;
  /** Resolves when the device is lost or the system is destroyed. It never rejects. */
  readonly lost: Promise<{ reason: string; message: string }>;

  /** Memory that the GPU alone reaches: written, uploaded to, read from and grown by methods. */
  createDeviceBuffer(descriptor: { label?: string; size: number; usage: GPUBufferUsageFlags }): DeviceBuffer;
  /**
   * A DeviceBuffer of a GPUBuffer of the page's, or of a library's: to be written, uploaded and read as any other, as far as
   * its usage allows, which is code "usage" else. label is that of buffer by default. buffer stays its owner's: its bytes count
   * nowhere, destroy ends the DeviceBuffer alone, and grow throws code "unsupported". While its owner has it mapped, writes
   * throw code "mapped" or "map-pending".
   */
  wrap(buffer: GPUBuffer, options?: { label?: string }): DeviceBuffer;
  /**
   * Copies a picture to a texture with usage COPY_DST and RENDER_ATTACHMENT, of a format that the browser copies pictures to. A
   * Blob or a Response is decoded without a conversion of colours. With mipmaps it makes all smaller levels of that layer too,
   * each by the mean of the one above; then the texture needs TEXTURE_BINDING and a format that filters. Resolves when the
   * copy is ahead of everything submitted later, and the browser has found nothing wrong with it. Firefox rounds colours
   * beside alpha, and passes over colorSpace.
   *
   * Rejects with these codes:
   *  - "type": the source is no picture, or the Response is not ok.
   *  - "usage": the texture lacks one of these usages.
   *  - "validation": the browser refused it. Its own error is the cause.
   */
  uploadImage(texture: GPUTexture, source: ImageSource, options?: ImageOptions): Promise<void>;
  /**
   * A picture as PNG, bit for bit: of a 2d texture with usage COPY_SRC, or of a canvas whose WebGPU context is configured with
   * usage COPY_SRC besides RENDER_ATTACHMENT. Of a canvas it has to be asked for in the task that has drawn, since the
   * browser takes the texture away after it. Formats are rgba8unorm and bgra8unorm, -srgb too; another rejects with code
   * "unsupported". It is sent, and rejects, as readTexture.
   *
   * alphaMode says what alpha is: "opaque" counts as 1, "premultiplied" is a factor of the colours, and "straight" is none. By
   * default it is that of the canvas, or "straight". The signal rejects it with its reason.
   */
  screenshot(source: GPUTexture | HTMLCanvasElement | OffscreenCanvas, options?: { alphaMode?: "opaque" | "premultiplied" | "straight"; signal?: AbortSignal }): Promise<Blob>;
  /** Memory to be written at once, and uploaded once. Throws code "budget" if there is no room. */
  createImmediateStagingBuffer(descriptor: StagingDescriptor): ImmediateStagingBuffer;
  /** Memory to be written and uploaded again and again, each time after mapAsync. */
  createDeferredStagingBuffer(descriptor: StagingDescriptor): DeferredStagingBuffer;
  /**
   * Brings results to the CPU. With policy "all", the default, each read brings its bytes. Policy "latest" is for results
   * of which only the newest counts. At most maxInFlight of its reads, by default 2, are in flight. A read that waits to be
   * sent rejects with code "stale" when another is asked for.
   */
  createReadbackBuffer(descriptor?: { label?: string; policy?: "all" | "latest"; maxInFlight?: number }): ReadbackBuffer;
  /**
   * Data that is new each frame. size is the bytes of a page, a multiple of 4. maxSlots is how many frames' data may exist
   * at a time, by default 8.
   */
  createDynamicBuffer(descriptor: { label?: string; size: number; usage: GPUBufferUsageFlags; maxSlots?: number }): DynamicBuffer;
  /** A buffer to map by hand. Throws code "budget" if there is no room. */
  createMappableBuffer(descriptor: { label?: string; size: number; usage: GPUBufferUsageFlags; mappedAtCreation?: boolean }): MappableBuffer;

  /**
   * Opens a frame. Throws code "busy" if maxFramesInFlight are in flight, and code "state" while an earlier one is open.
   * `using frame = gpu.frame()` discards it if an exception keeps it from being submitted.
   */
  frame(): Frame;
  /**
   * Opens a frame as soon as maxFramesInFlight allows it. Rejects with code "destroyed" or "device-lost" if that comes
   * first.
   */
  nextFrame(): Promise<Frame>;
  /**
   * Sends command buffers or encoders to the GPU, with the bytes that are staged in them, the updates of dynamic buffers,
   * and the reads asked for. It finishes the encoders. In the middle of a frame it leaves alone what the frame has
   * recorded: updates that were sent, and buffers that grew, live until the frame ends. More than 65,536 commands throw
   * code "range".
   */
  submit(commands?: Iterable<GPUCommandBuffer | GPUCommandEncoder>): void;

  /**
   * Which path a transfer of size bytes would take now, and why. buffer is its target, by default a new one. A write that
   * finds no mapped memory free goes by the queue all the same. A read that can be measured may try another path.
   */
  explain(operation: Operation, size: number, buffer?: DeviceBuffer | DynamicBuffer): Explanation;
  /**
   * Measures the paths on buffers of its own. It moves at most 52 MiB, and begins nothing after 50 ms. New memory, as the
   * first time, is slow: up to 17.5 MiB go through it besides, and neither their bytes nor their time count. What the budget
   * has no room for is not measured. Rejects with code "destroyed" or "device-lost" if that comes first, and with "busy" while an earlier one measures.
   */
  calibrate(): Promise<void>;
  /** The rates measured so far, to be kept as JSON. */
  calibration(): Calibration;
  /**
   * Takes the rates that another run on the same adapter measured. Rates of unknown operations and paths, and
   * those that hold no sane number, are passed over. The better of a rate that is known and one that is given stays. Another
   * version throws code "unsupported".
   */
  loadCalibration(calibration: Calibration): void;
  /** A snapshot. */
  stats(): Stats;
  /** Destroys idle memory at once. The system does it by itself after 5 to 10 seconds. */
  trim(): void;
  /**
   * Ends the system and everything that it made. Whatever waits rejects with code "destroyed", and the streams that it
   * reads are cancelled. All memory is given back when it returns. It destroys the buffers that were not destroyed. The
   * record "system closed" counts them, at level "warn", or "info" if there are none. Further "info" records list them.
   * The device is destroyed if open requested it.
   */
  destroy(): void;
  [Symbol.dispose](): void;
}

/**
 * "upload" is a write or an upload, "burst" one that follows another at once, "readback" a read. "frame" is the updates of a
 * frame if the GPU has no earlier one, "flush" those of a frame that overlaps with another.
 */
export type Operation = "upload" | "flush" | "readback" | "burst" | "frame";
export interface Rate {
  operation: Operation;
  path: string;
  /** The least of the sizes that it is for, in bytes. */
  size: number;
  bytesPerSecond: number;
}
/** Plain data. */
export interface Calibration {
  version: number;
  /** Milliseconds that one more copy in a submit takes, or 0 if that was not measured. */
  copyCost: number;
  rates: Rate[];
}
/** Plain data. */
export interface Explanation {
  operation: Operation;
  size: number;
  path: string;
  reason: string;
  /** How often each byte is copied on its way, by CPU and GPU together. */
  copies: number;
  /**
   * The rate by which paths are compared: the best of the last eight transfers of about this size, or of the nearest
   * smaller size that was measured. Each was alone, and timed until the GPU was done. 0 if nothing is known. It is no
   * forecast: transfers in a row, or beside other work, can be several times slower or faster. For a flush the time on the
   * page's thread counts twice, because the next frame is filled meanwhile.
   */
  bytesPerSecond: number;
  alternatives: Rate[];
}

export interface StagingDescriptor {
  label?: string;
  /** How many bytes can be written, a multiple of 4. */
  size: number;
  /**
   * For bytes that go to a texture: the bytes of a row of texels, or of blocks of a compressed format. size is a multiple
   * of it. Rows are written without padding, and placed at multiples of 256. By default the bytes are for buffers.
   */
  rowBytes?: number;
}

export type BufferState = "uninitialized" | "ready" | "mapped" | "map-pending" | "destroyed";

/** GPU memory that is never mapped. */
export class DeviceBuffer {
  private constructor();
  readonly label: string;
  readonly size: number;
  readonly usage: GPUBufferUsageFlags;
  readonly state: BufferState;
  /**
   * False once the buffer is destroyed, or is known to have no memory. Then every call on it, or with it, fails with code
   * "destroyed" or "out-of-memory". A lack of memory is known when a read resolves that was asked for after the
   * creation. That of a buffer of up to 4 MiB is an error of the device too: a scope of the page's catches it, or it is an
   * `uncapturederror`.
   */
  readonly valid: boolean;
  /** The GPUBuffer behind it now. grow replaces it. Once it was asked for, it outlives an object that is dropped. */
  readonly gpuBuffer: GPUBuffer;
  /** How often the GPUBuffer was replaced, by grow or by a grow that failed. */
  readonly generation: number;
  /**
   * Copies size bytes of data, from its byte dataOffset on, to the buffer at offset. By default it copies all of data. The
   * bytes are ahead of everything submitted later. It never waits. All three numbers are bytes; offset and size are
   * multiples of 4.
   */
  write(offset: number, data: Data, dataOffset?: number, size?: number): void;
  /**
   * Writes what has changed in data, which is what the program has of the buffer from offset on. ranges has offset and size of
   * each changed part of data in turn, `[offset, size, offset, size]`, in bytes, multiples of 4, best in order. The bytes
   * between two of them are written too if that takes less time than another write. If a range is wrong, nothing is
   * written. Else it is as `write`.
   */
  writeRanges(offset: number, data: Data, ranges: readonly number[] | Uint32Array | Float64Array): void;
  /**
   * Moves the bytes of source to the buffer at offset, a multiple of 4, along the path that the engine finds fastest. Its
   * memory is bounded: it waits for the GPU, and takes the next piece of a stream when it is done with the last. Resolves
   * with the number of bytes, which are then ahead of everything submitted later. Until then do not change data that was
   * passed, and what follows may be ahead of it: an upload waits if others are on their way, or if memory is short. Where
   * nothing has to wait, data is sent when the task ends, together with that of other uploads, or sooner if something of
   * this system follows. Of uploads of data to the same bytes the later one wins; streams, and data with options, keep no order. If the page has
   * destroyed the GPUBuffer, or there turns out to be no memory for it, `uncapturederror` or onError tells, and the upload
   * may resolve.
   *
   * It rejects with the codes below. A stream that it reads is then cancelled and unlocked, and that part of the buffer
   * holds old bytes or new.
   *  - "type": a Response is not ok, is opaque or was read before; or the data was transferred before it was sent.
   *  - "alignment": it ends within a word, and not at the end of the buffer. There the word is filled up with zeros.
   *  - "range": the source has more bytes than fit.
   *  - "destroyed", "device-lost": the buffer, its system or the device has ended, also while the stream stalls.
   *  - "budget": as onBudget says.
   *
   * An error of the source's own, and the reason of the signal, reject as they are.
   */
  upload(offset: number, source: Data | ReadableStream<Data> | Blob | Response, options?: UploadOptions): Promise<number>;
  /**
   * Makes the buffer hold at least size bytes. gpuBuffer, size and generation change at once. A copy on the GPU keeps the
   * contents, and uploads in flight go on in the new memory. The old GPUBuffer lives until the outcome is known and the
   * next submit has left no frame open.
   *
   * Misuse throws. If the browser had no memory, the promise rejects with code "out-of-memory". The old GPUBuffer is then
   * back, under another generation, with the bytes that it held when grow was called. Later writes, and later uploads that
   * have resolved, are lost. Uploads in flight reject. onError and the log hear of it too, so the promise may be left alone.
   */
  grow(size: number): Promise<void>;
  destroy(): void;
  [Symbol.dispose](): void;
}

export interface UploadOptions {
  /** Aborts the upload, which rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called after each piece with the number of bytes taken so far. */
  onProgress?: (bytes: number) => void;
  /** How many bytes a stream is expected to have, if it does not say. It guides the choice of the path alone. */
  size?: number;
}

declare class StagingBuffer {
  protected constructor();
  readonly label: string;
  readonly size: number;
  /** How many bytes an upload copies, up to the last one written. */
  readonly written: number;
  /** Appends data. Throws code "range" if it does not fit. */
  write(data: Data): void;
  /** Writes at offset. Bytes that are skipped become zero. The place of write does not move. */
  writeAt(offset: number, data: Data): void;
  /**
   * Appends the bytes of the source as they arrive, and resolves with their number. It rejects with the codes below. A
   * source that it reads is then cancelled and unlocked.
   *  - "type": a Response is not ok, is opaque or was read before.
   *  - "range": the source has more bytes than fit.
   *  - "destroyed", "device-lost": the buffer, its system or the device has ended, also while the source stalls.
   *
   * An error of the source's own, and the reason of the signal, reject as they are.
   */
  readFrom(source: ReadableStream<Data> | Blob | Response, options?: { signal?: AbortSignal; onProgress?: (bytes: number) => void }): Promise<number>;
  /**
   * The native memory, to be written directly. An upload copies all size bytes afterwards. Bytes that were not written hold
   * what an earlier use left there. The upload detaches the array, and so do reset, unmap and destroy. Throws code "usage"
   * if rows of texels are padded.
   */
  mappedRange(): Uint8Array;
  /**
   * Ends the writing, and records a copy to destination at offset, by default 0, into encoder. The memory returns to the
   * pool if the encoder is the frame's, or is passed to submit as an encoder.
   *
   * If the page finishes the encoder, nobody knows when it is submitted. From the next submit of the system on its memory
   * is then kept for it alone, until that memory is needed, trim() is called, or 5 seconds have passed. A later submit of
   * such a command buffer is an error of the browser's. It never copies anything else.
   */
  uploadTo(encoder: GPUCommandEncoder, destination: AnyBuffer, offset?: number): void;
  /**
   * The same for rows of texels, which must be those of the destination. A texture without COPY_DST throws code "usage". A
   * texture that is multisampled, or of a format or aspect that no copy writes, throws "unsupported": docs/textures.md
   * lists them.
   */
  uploadToTexture(encoder: GPUCommandEncoder, destination: TextureRegion): void;
  destroy(): void;
  [Symbol.dispose](): void;
}

/**
 * A box of texels of one mip level, as the browser counts them. The layers of a 3D texture are its slices at that level. A
 * compressed format is copied in whole blocks, which may reach beyond a small mip level. Depth and stencil are copied in
 * whole layers. An empty box is refused.
 */
/** What uploadImage takes. */
export type ImageSource = ImageBitmap | ImageData | HTMLImageElement | HTMLVideoElement | VideoFrame | HTMLCanvasElement | OffscreenCanvas | Blob | Response;

export interface ImageOptions {
  /** Where in the mip level the picture begins, and in which layer. By default 0 in each dimension. */
  origin?: [x: number, y?: number, layer?: number];
  /** The mip level that it goes to. By default 0. */
  mipLevel?: number;
  /** Whether the levels below are made from it. By default false. */
  mipmaps?: boolean;
  /** These three are as copyExternalImageToTexture has them. By default the first row is the uppermost, alpha is no factor of the colours, and they are sRGB. */
  flipY?: boolean;
  premultipliedAlpha?: boolean;
  colorSpace?: PredefinedColorSpace;
}

export interface TextureRegion {
  texture: GPUTexture;
  /** By default 0. */
  mipLevel?: number;
  /** By default 0 in each dimension. */
  origin?: [x: number, y?: number, layer?: number];
  /** By default the whole mip level, rounded up to whole blocks. */
  size?: [width: number, height?: number, layers?: number];
  /** By default "all". For a format with depth and stencil, name one of the two. */
  aspect?: GPUTextureAspect;
}

/** Writable at once. It is used once, and again after reset. */
export class ImmediateStagingBuffer extends StagingBuffer {
  private constructor();
  /** Makes it writable again, from the start. Throws code "budget" if there is no room. */
  reset(): void;
}

/** Writable each time mapAsync resolves. */
export class DeferredStagingBuffer extends StagingBuffer {
  private constructor();
  /**
   * Asks for memory to write. Rejects with code "map-aborted" if unmap or destroy cancels it, in the same task too. Rejects
   * with "destroyed" or "device-lost" if its system ends, and with "budget" as onBudget says.
   */
  mapAsync(): Promise<void>;
  /** Gives the memory back, or cancels a map that is pending. */
  unmap(): void;
}

export interface ReadOptions {
  /** Aborts the read. It rejects with the signal's reason, and never writes into `into` afterwards. */
  signal?: AbortSignal;
}

/**
 * Brings results to the CPU. Reads made in one task, or in one frame, share memory, map and copies.
 *
 * A read returns the bytes that its source has when it is sent, or rejects. Nothing that is written or submitted later is
 * read. A read that finds no mappable memory when it is sent is copied on the GPU at that moment. Such copies hold at most
 * `budget` bytes in all (`stats().held`). Beyond that a read rejects with code "budget".
 *
 * The browser refuses a copy if the page has destroyed the source, if the source belongs to another device, or if it turns
 * out to have no memory in the task that has made it. The read
 * then rejects with code "validation". It rejects alone, except for reads of DeviceBuffers whose `gpuBuffer` was asked for:
 * those that are sent together reject together. Copies that can be refused are made within an error scope, which opens and
 * closes within one call of this module. None of their errors reaches the page's own scopes or its `uncapturederror`.
 */
export class ReadbackBuffer {
  private constructor();
  readonly label: string;
  /**
   * Reads size bytes at offset. By default offset is 0, and size is that of `into`, or all bytes from offset on. Resolves
   * with a new ArrayBuffer, or with `into`, whose first size bytes are filled. A read of no bytes resolves at once.
   *
   * While a frame is open the read is sent with the frame, after everything in it, and waits for its submit. The log tells
   * of a frame that stays open meanwhile. Otherwise the read is sent in a microtask, after the code that runs now, or
   * before a frame that this code opens.
   *
   * Rejects with these codes:
   *  - "range": the source or `into` has fewer bytes.
   *  - "budget", "validation": as the class says.
   *  - "stale": with policy "latest", another read was asked for.
   *  - "destroyed", "device-lost": this object, its system or the device ended first.
   */
  read(source: AnyBuffer, offset?: number, size?: number, options?: ReadOptions): Promise<ArrayBuffer>;
  /** The same into memory of the caller's: `into` is filled, and is what the promise resolves with. */
  read<T extends Data>(source: AnyBuffer, offset: number, size: number | undefined, options: ReadOptions & { into: T }): Promise<T>;
  /**
   * Reads texels, row by row without padding, or blocks of a compressed format. It is sent, and rejects, as read. A texture
   * without COPY_SRC rejects with code "usage". A texture that is multisampled, or of a format or aspect that no copy
   * reads, rejects with "unsupported": docs/textures.md lists them.
   */
  readTexture(region: TextureRegion, options?: ReadOptions): Promise<ArrayBuffer>;
  /** The same into memory of the caller's: `into` is filled, and is what the promise resolves with. */
  readTexture<T extends Data>(region: TextureRegion, options: ReadOptions & { into: T }): Promise<T>;
  destroy(): void;
  [Symbol.dispose](): void;
}

/** Data that is new each frame. */
export class DynamicBuffer {
  private constructor();
  readonly label: string;
  /** How many bytes of updates a page holds. More updates in a frame open a further page. */
  readonly pageSize: number;
  /** Each offset is a multiple of it, in bytes. */
  readonly alignment: number;
  /** How many frames' data can exist now: 3 at first, and up to maxSlots. */
  readonly slots: number;
  /**
   * The GPUBuffer of the latest update. It is another one each frame, out of a few, and on each page. Throws code "state"
   * before an update.
   */
  readonly gpuBuffer: GPUBuffer;
  /**
   * The memory of the latest update's page, to be written before the submit, at the offset that update returned. It holds
   * what an earlier use left there. Ask for it after each update: each page has an array of its own. If frames go by mapped
   * memory and use most of the page, each frame has another array, which the submit detaches. The ArrayBuffer is this
   * page's alone, and destroy detaches it. If it is transferred, its updates are lost, and the submit throws code "type".
   */
  readonly bytes: Uint8Array;
  /** The same memory as `bytes`: its index is the offset divided by 4. */
  readonly floats: Float32Array;
  /** The same memory as `bytes`: its index is the offset divided by 4. */
  readonly uints: Uint32Array;
  /**
   * Takes size bytes for the next submit. Returns their offset in bytes, in `bytes` and in `gpuBuffer` alike. Throws code
   * "too-large" if a page holds less, and "busy" if the GPU has all of maxSlots.
   */
  update(size: number): number;
  /** The same as update, with data copied in. Data of no bytes has a place, too. */
  write(data: Data): number;
  destroy(): void;
  [Symbol.dispose](): void;
}

/**
 * A buffer to map by hand. Its GPUBuffer does it, when and how the browser does. The differences:
 * - The size is a positive multiple of 4, and the buffer can be mapped, by its usage or at its creation.
 * - unmap of a buffer that is not mapped throws code "not-mapped".
 * - Errors carry the code of the rule, with the browser's error as cause.
 * - A map that this object's unmap or destroy cancels rejects within that call, as the browser's does. Otherwise mapAsync
 *   settles one microtask after the browser's own promise.
 * - A map that is pending when the device is lost rejects with code "map-aborted", or "device-lost" if `device.lost` has
 *   resolved by then.
 */
export class MappableBuffer {
  private constructor();
  readonly label: string;
  readonly size: number;
  readonly usage: GPUBufferUsageFlags;
  readonly state: BufferState;
  readonly valid: boolean;
  readonly mapState: GPUBufferMapState;
  readonly gpuBuffer: GPUBuffer;
  mapAsync(mode: GPUMapModeFlags, offset?: number, size?: number): Promise<void>;
  /** The native ArrayBuffer, which unmap and destroy detach. */
  mappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
  [Symbol.dispose](): void;
}

/** One pass through the render loop. One is open at a time. */
export class Frame {
  private constructor();
  /** It is sent before the commands that are passed to submit. */
  readonly encoder: GPUCommandEncoder;
  /**
   * Names buffers that recorded commands use, so that submit can say which of them is mapped or destroyed. The browser
   * limits the arguments of a call to some ten thousands: name more by further calls.
   */
  use(...buffers: AnyBuffer[]): void;
  /**
   * Sends the updates, the frame's encoder, commands in order, then the reads. It finishes encoders. If it throws the frame
   * stays open. More than 65,536 commands throw code "range".
   */
  submit(commands?: Iterable<GPUCommandBuffer | GPUCommandEncoder>): void;
  /** Drops commands and updates. The reads that were asked for in the frame are sent all the same. */
  discard(): void;
  /** Discards the frame unless it was submitted. */
  [Symbol.dispose](): void;
}

/**
 * A struct of WGSL, by its members in order: where they lie, its declaration, and its values as bytes. Nothing of it needs a
 * GPU. A type is WGSL's name of a scalar, a vector or a matrix, a Struct, `[type, count]` for an array, or `[type]` for the
 * array at the end of which the buffer tells the size. `{ type, align, size }` is a member with WGSL's attributes. Definitions
 * of webgpu-utils and struct schemas of TypeGPU are taken, too.
 *
 * What WGSL does not take, and bool, which no buffer can hold, throws code "layout" with the path of the member.
 */
export function struct<const M extends StructMembers>(members: M, name?: string): Struct<M>;
export function struct(members: StructDefinition, name?: string): Struct<any>;

type Size = 2 | 3 | 4;
export type WGSLScalar = "f32" | "f16" | "i32" | "u32" | "atomic<i32>" | "atomic<u32>";
export type WGSLVector = `vec${Size}${"f" | "h" | "i" | "u"}` | `vec${Size}<${"f32" | "f16" | "i32" | "u32"}>`;
export type WGSLMatrix = `mat${Size}x${Size}${"f" | "h"}` | `mat${Size}x${Size}<${"f32" | "f16"}>`;
export type WGSLType = WGSLScalar | WGSLVector | WGSLMatrix | Struct<any> | readonly [WGSLType, number] | readonly [WGSLType];
export type StructMembers = Readonly<Record<string, WGSLType | { readonly type: WGSLType; readonly align?: number; readonly size?: number }>>;
/** A struct as webgpu-utils (`makeShaderDataDefinitions(code).structs.Name`) or TypeGPU (`d.struct({ ... })`) describes it. */
export type StructDefinition =
  | { readonly fields: Readonly<Record<string, any>>; readonly size: number }
  | { readonly type: "struct"; readonly propTypes: Readonly<Record<string, any>> };

/** What encode takes for a type. A vector or a matrix is its numbers, column by column; a matrix may have them padded as in memory. */
export type ValueOf<T> = T extends WGSLScalar ? number
  : T extends WGSLVector | WGSLMatrix ? ArrayLike<number>
  : T extends Struct<infer M> ? { readonly [K in keyof M]: ValueOf<M[K]> }
  : T extends readonly [infer E, ...number[]] ? ArrayLike<ValueOf<E>> | (E extends WGSLVector | WGSLMatrix ? ArrayLike<number> : never)
  : T extends { readonly type: infer U } ? ValueOf<U>
  : never;

/** What decode gives for a type: for numbers in a row typed arrays, of 32-bit floats for f16. */
export type DecodedOf<T> = T extends WGSLScalar ? number
  : T extends WGSLVector | WGSLMatrix ? NumbersOf<T>
  : T extends Struct<infer M> ? { [K in keyof M]: DecodedOf<M[K]> }
  : T extends readonly [infer E, ...number[]] ? (E extends WGSLScalar ? NumbersOf<E> : DecodedOf<E>[])
  : T extends { readonly type: infer U } ? DecodedOf<U>
  : never;
type NumbersOf<T extends string> = T extends `${string}${"i32" | "i32>" | "i"}` ? Int32Array : T extends `${string}${"u32" | "u32>" | "u"}` ? Uint32Array : Float32Array;

export class Struct<M = StructMembers> {
  private constructor();
  readonly name: string;
  /** In bytes. If the struct ends with an array of which the buffer tells the size, with one element of it. */
  readonly size: number;
  readonly alignment: number;
  /** Where each member begins, in bytes. */
  readonly offsets: { readonly [K in keyof M]: number };
  /** The declaration, behind those of the structs that it consists of. */
  readonly wgsl: string;
  /**
   * The struct itself, if the address space "uniform" takes it, where arrays and structs lie at multiples of 16 bytes. Else throws
   * code "layout", which names the member, the offset that it has, and the one that is needed.
   */
  checkUniform(): this;
  /**
   * The value as bytes, for write of any buffer. They are the struct's own memory, which the next encode fills: upload, which
   * copies later, needs a copy. Nothing is allocated, unless the array at the end has another size than before. A value that does not
   * fit, such as 1.5 for an i32, throws "type" or "range" with its path.
   */
  encode(value: ValueOf<Struct<M>>): Uint8Array;
  /** The value whose bytes begin at offset of data, in memory of its own. Throws code "range" if there are too few. */
  decode(data: Data, offset?: number): DecodedOf<Struct<M>>;
}

/** The buffers of one kind: how many there are now, the most at a time, and how many were made. Bytes leave out pools. */
export interface KindStats { count: number; peak: number; bytes: number; peakBytes: number; created: number }
/** A pool of chunks: hits found a chunk, and misses made one. idleBytes are those that nobody uses. */
export interface PoolStats { hits: number; misses: number; chunks: number; bytes: number; idleBytes: number }
export interface Stats {
  kinds: Record<"DeviceBuffer" | "ImmediateStagingBuffer" | "DeferredStagingBuffer" | "ReadbackBuffer" | "DynamicBuffer" | "MappableBuffer", KindStats>;
  uploads: PoolStats;
  reads: PoolStats;
  /** The most bytes of mappable memory. */
  budget: number;
  /** Bytes of mappable memory in use or in pools. */
  mappable: number;
  /** The most that mappable has been. */
  peak: number;
  /**
   * Bytes on the GPU that hold the bytes of reads until there is mappable memory for them. They are at most the budget.
   * Like chunks, such memory is kept for the next reads for a while, or until trim.
   */
  held: number;
  mapsPending: number;
  /** Milliseconds from asking for the map of a read to its success. */
  mapLatency: { count: number; last: number; mean: number; max: number };
  bytesUp: number;
  bytesDown: number;
  submits: number;
  /** Frames that the GPU has, and submits in the middle of a frame, or outside of one, that had updates. maxFramesInFlight bounds frames alone. */
  framesInFlight: number;
  /** How many buffers were dropped without destroy. */
  leaks: number;
}

export type ErrorCode =
  | "destroyed" | "mapped" | "not-mapped" | "map-pending" | "map-aborted" | "state" | "usage" | "range" | "alignment"
  | "too-large" | "out-of-memory" | "budget" | "busy" | "device-lost" | "wrong-device" | "unsupported" | "validation"
  | "stale" | "type" | "layout" | "internal";

/**
 * The method or property that was used, or "constructor" for `new`. For errors that the browser reports later it is the
 * method that asked for the buffer, if that is known, or else what the browser was doing.
 */
export type ErrorOperation =
  | "open" | "constructor" | "createBuffer" | "uncapturederror"
  | "device" | "lost" | "createDeviceBuffer" | "createImmediateStagingBuffer" | "createDeferredStagingBuffer"
  | "createReadbackBuffer" | "createDynamicBuffer" | "createMappableBuffer" | "wrap" | "uploadImage" | "screenshot" | "frame" | "nextFrame" | "submit" | "explain"
  | "calibrate" | "calibration" | "loadCalibration" | "stats" | "trim" | "destroy" | "Symbol.dispose"
  | "label" | "size" | "usage" | "state" | "valid" | "gpuBuffer" | "generation" | "write" | "writeRanges" | "upload" | "grow"
  | "written" | "writeAt" | "readFrom" | "mappedRange" | "uploadTo" | "uploadToTexture" | "reset" | "mapAsync" | "unmap"
  | "read" | "readTexture" | "pageSize" | "alignment" | "slots" | "bytes" | "floats" | "uints" | "update"
  | "mapState" | "encoder" | "use" | "discard"
  | "struct" | "name" | "wgsl" | "offsets" | "checkUniform" | "encode" | "decode";

/**
 * Every error of the module. Its message is 'gpubuffers: OPERATION "LABEL": what is wrong'. `cause` is the browser's own
 * error, if there is one. structuredClone, and with it postMessage, keeps message and stack alone, as of every Error: send
 * code, operation and label beside it.
 */
export class GPUBufferError extends Error {
  protected constructor();
  readonly code: ErrorCode;
  readonly operation: ErrorOperation;
  readonly label: string;
}
/** mapped, not-mapped, map-pending, destroyed, state, busy, stale */
export class StateError extends GPUBufferError {}
/** range, alignment, too-large */
export class BoundsError extends GPUBufferError {}
/** usage, type, layout, wrong-device, unsupported, validation */
export class UsageError extends GPUBufferError {}
/** out-of-memory, budget */
export class MemoryError extends GPUBufferError {}
/** map-aborted */
export class AbortedError extends GPUBufferError {}
/** device-lost */
export class DeviceLostError extends GPUBufferError {}

// Nothing else is exported: without this line a .d.ts exports all that it declares.
export {};
