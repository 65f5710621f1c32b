// The types of WebGPU are TypeScript's own from 6 on. TypeScript 5.6 to 5.9 need the package @webgpu/types, which contradicts
// those of newer ones.

/** Loads the module and opens a system on a device of its own, or on the one given. */
export function open(options?: OpenOptions): Promise<GPUBufferSystem>;

export interface OpenOptions {
  /**
   * The device to use, or a promise of it, so that it can be asked for while this module is imported; it stays the
   * caller's. Without it one is requested, and destroyed with the system.
   */
  device?: GPUDevice | PromiseLike<GPUDevice>;
  /** For the device that is requested: by default the fastest, with buffers as large as its adapter allows. */
  adapterOptions?: GPURequestAdapterOptions;
  deviceDescriptor?: GPUDeviceDescriptor;
  /** Where the module is: gpubuffers.wasm beside this file by default. */
  wasm?: string | URL | Response | Promise<Response> | BufferSource | WebAssembly.Module;
  /** The most bytes of mappable memory, pools included; 256 MiB by default. */
  budget?: number;
  /**
   * What a call does for which the budget has no room; "wait" by default.
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
   * The code is "budget". A wait ends when memory is given back; what waits is destroyed, or its system; its signal aborts; or the
   * device is lost. What is larger than the whole budget is refused at once; an upload then goes by queue writes. Only
   * an upload that goes through mapped memory needs the budget, and of it room for one chunk: explain() names the path.
   */
  onBudget?: "wait" | "fail" | "fallback";
  /**
   * The most bytes of a chunk that short reads share, and of the pieces that longer reads are cut into: a multiple of
   * 256. By default 4 MiB, or a quarter of the budget if that is less, and the engine finds the size of the pieces. No
   * chunk has less than 4 KiB.
   */
  chunkSize?: number;
  /**
   * How many frames may be with the GPU. By default it is 8, and nextFrame() waits from 3 on while the oldest of them is
   * there for more than 8 ms.
   */
  maxFramesInFlight?: number;
  /**
   * Called at the end of the task; it may call the module. It is called for as long as the system is alive, and does
   * not keep it alive. Without it, records of level "warn" go to console.warn, and those of level "error" to
   * console.error, unless there is an onError, which hears of the same.
   */
  onLog?: (record: LogRecord) => void;
  /** "info" by default. The console gets no record below "warn" whatever it is. */
  logLevel?: LogLevel;
  /**
   * What the engine is to know of this adapter: true measures it now, as calibrate() does; "local"
   * takes what localStorage has of an earlier run, or measures, and stores it, and at destroy what was
   * learned since; what calibration() gave is loaded. Without it the engine learns in the background.
   */
  calibration?: boolean | "local" | Calibration;
  /** Hears of errors that the device reports later than the call that caused them. Like onLog it keeps nothing alive. */
  onError?: (error: GPUBufferError) => void;
  /**
   * For debugging: the log record of a buffer that was dropped without destroy says where it was made, in the field
   * "created", which is a stack. False by default: a stack takes longer than the making of a buffer.
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
 * The values of the browser's GPUBufferUsage, frozen. TypeScript's own types of WebGPU name none, and a page may import this
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
 * Copied from by the call: any ArrayBuffer, SharedArrayBuffer or view on one; its bytes, not its elements,
 * are meant. Every method that takes data, delivers it by a stream or fills it (`into`) takes all kinds: typed arrays
 * of all types, DataView, subclasses, those of another frame, memory of WebAssembly, and memory that can change its
 * size, with the views that follow it. Queue writes copy the latter once more, since browsers refuse it. Data of no
 * bytes is taken, too: nothing is moved, and the place is checked all the same. Refused with code "type": what is detached, a
 * view outside of its memory (resized since), and all else.
 */
export type Data = ArrayBufferLike | ArrayBufferView;
/**
 * Where the GPU finds data: a buffer of this module, of this system or of another on the same device, or any GPUBuffer
 * of the device. A number is refused with code "type", a buffer of a system on another device with "wrong-device".
 * Of a buffer of another system the GPUBuffer is taken that it has at the call: a read that is still to be sent when
 * that system grows the buffer can reject.
 */
export type AnyBuffer = DeviceBuffer | MappableBuffer | GPUBuffer;

/**
 * Buffers on one device. Destroy what you no longer need: memory is freed at once then.
 *
 * A buffer that is dropped without destroy is freed when the browser collects it, and reported: a "warn" record in the
 * log, and `stats().leaks`. If its `gpuBuffer` was asked for, that GPUBuffer is never destroyed then: it counts nowhere
 * any more, and lives for as long as the page has it. What is under way keeps the buffers that it needs.
 *
 * A system is dropped when the page has neither it, nor a buffer, a frame or the promise `lost` of it. It ends then as by
 * destroy, but for its device, which is left alone.
 *
 * Where this module and the browser differ:
 *  - A DeviceBuffer has COPY_SRC and COPY_DST beside the usages asked for, for reads, writes and grow, and its size is
 *    rounded up to a multiple of 4. A DynamicBuffer has COPY_DST besides. A MappableBuffer is as asked for.
 *  - A DeviceBuffer is never mapped: a descriptor with mappedAtCreation is refused, and so are MAP_READ and MAP_WRITE.
 *  - A buffer of size 0 is refused, and so is one to be mapped whose size is not a multiple of 4.
 *  - What a rule of WebGPU's forbids throws, or rejects, at once, with a code; the browser reports most of it later.
 *  - unmap of a buffer that is not mapped throws.
 *  - dataOffset and size of a write are bytes, whatever data is; GPUQueue.writeBuffer counts a typed array's elements.
 *  - Numbers are taken as they are: 1.5, NaN, "4" and null are refused with code "type", not converted. Whole numbers
 *    below 0 or beyond 2^53 - 1 are refused with code "range".
 *  - What counts something (budget, chunkSize, maxFramesInFlight, maxInFlight, rowBytes) is at least 1, and maxSlots at least 3.
 *  - An object with options has no enumerable property of its own but those named, else it is refused with code "type".
 */
export class GPUBufferSystem {
  private constructor();
  readonly device: GPUDevice;
  /** Resolves when the device is lost or the system destroyed; never rejects. */
  readonly lost: Promise<{ reason: string; message: string }>;

  createDeviceBuffer(descriptor: { label?: string; size: number; usage: GPUBufferUsageFlags }): DeviceBuffer;
  createImmediateStagingBuffer(descriptor: StagingDescriptor): ImmediateStagingBuffer;
  createDeferredStagingBuffer(descriptor: StagingDescriptor): DeferredStagingBuffer;
  /**
   * With policy "all", the default, each read brings its bytes. "latest" is for results of which the newest counts: at
   * most maxInFlight of its reads, 2 by default, are with the GPU, and one that waits to be sent rejects with code
   * "stale" when another is asked for.
   */
  createReadbackBuffer(descriptor?: { label?: string; policy?: "all" | "latest"; maxInFlight?: number }): ReadbackBuffer;
  createDynamicBuffer(descriptor: { label?: string; size: number; usage: GPUBufferUsageFlags; maxSlots?: number }): DynamicBuffer;
  createMappableBuffer(descriptor: { label?: string; size: number; usage: GPUBufferUsageFlags; mappedAtCreation?: boolean }): MappableBuffer;

  /**
   * Opens a frame; throws code "busy" if maxFramesInFlight are with the GPU, and code "state" while an earlier one is
   * open. `using frame = gpu.frame()` discards it if an exception keeps it from being submitted.
   */
  frame(): Frame;
  /**
   * Opens a frame as soon as maxFramesInFlight says so. It rejects with code "destroyed" or "device-lost" if that comes
   * first.
   */
  nextFrame(): Promise<Frame>;
  /**
   * Sends command buffers or encoders (which it finishes) to the GPU, with what is staged in them, the
   * updates of dynamic buffers, and the reads asked for. In the middle of a frame it leaves alone what the
   * frame has recorded: updates that were sent, and buffers that grew, live until the frame ends.
   * More than 65,536 throw code "range".
   */
  submit(commands?: Iterable<GPUCommandBuffer | GPUCommandEncoder>): void;

  /**
   * Which path a transfer of size bytes would take now, and why; buffer is what it goes to, by default a new one. A
   * write that finds no mapped memory free goes by the queue all the same, and a read that can be measured may try
   * another path.
   */
  explain(operation: Operation, size: number, buffer?: DeviceBuffer | DynamicBuffer): Explanation;
  /**
   * Measures the paths on buffers of its own: moves at most 36.5 MiB, and begins nothing after 50 ms. Where its memory
   * is new, as it is the first time, up to 17.5 MiB go through that besides, slowly: neither those bytes nor their
   * time count. It rejects with code "destroyed" or "device-lost" if that comes first, and with "busy" while an
   * earlier one measures.
   */
  calibrate(): Promise<void>;
  /** What was measured so far, to be kept as JSON. */
  calibration(): Calibration;
  /** Takes what another run on the same adapter measured. Rates of what there is not are passed over; another version throws code "unsupported". */
  loadCalibration(calibration: Calibration): void;
  stats(): Stats;
  /** Destroys memory that lies idle, at once: the system does it by itself after 5 to 10 seconds. */
  trim(): void;
  /**
   * Ends the system and what it made. Whatever waits rejects with code "destroyed", and the streams it reads are
   * cancelled. All memory is given back when it returns. Buffers that were not destroyed are: the record "system closed"
   * counts them, at level "warn" then and "info" if there are none, and further "info" records list them. The device is
   * destroyed if open requested it.
   */
  destroy(): void;
  [Symbol.dispose](): void;
}

/** A write or upload; the updates of a frame; a read. */
export type Operation = "upload" | "flush" | "readback";
export interface Rate {
  operation: Operation;
  path: string;
  /** The least of the sizes that it is for. */
  size: number;
  bytesPerSecond: number;
}
/** Plain data. */
export interface Calibration {
  version: number;
  /** Milliseconds that one more copy in a submit takes; 0 where it was not measured. */
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
   * What the choice goes by: the best of the last eight transfers of about this size, or of the nearest smaller size
   * that was measured, each alone and timed to the moment when the GPU is done. 0 if nothing is known. It compares
   * paths, and is no forecast: transfers in a row, or beside other work, can be several times slower or faster. For a
   * flush the time that the page's thread is kept counts twice, since that fills the next frame meanwhile.
   */
  bytesPerSecond: number;
  alternatives: Rate[];
}

export interface StagingDescriptor {
  label?: string;
  /** How many bytes can be written: a multiple of 4. */
  size: number;
  /**
   * Length of a row of texels, or of blocks of a compressed format, for bytes that go to a texture: written without
   * padding, placed at multiples of 256.
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
   * False once it is destroyed, or known that the browser had no memory for it: then every call on it, or with
   * it, fails with the code of that, "out-of-memory". It is known when anything resolves that was asked for after
   * the creation, such as device.queue.onSubmittedWorkDone().
   */
  readonly valid: boolean;
  /** The GPUBuffer behind it now; grow replaces it. Once it was asked for, it outlives an object that is dropped. */
  readonly gpuBuffer: GPUBuffer;
  /** Counts how often the GPUBuffer was replaced, by grow or by one that failed. */
  readonly generation: number;
  /**
   * Copies size bytes of data, from its byte dataOffset on, to the buffer at offset, ahead of everything submitted
   * later. All three are bytes; offset and size are multiples of 4.
   */
  write(offset: number, data: Data, dataOffset?: number, size?: number): void;
  /**
   * Moves what source delivers to the buffer at offset, a multiple of 4, along the path that the engine
   * finds fastest, in bounded memory: it waits for the GPU, and takes the next piece of a stream when it is
   * done with the last. Resolves with the number of bytes, which are then ahead of everything submitted
   * later; until then do not change data that was given. A Response that is not ok, is opaque or was read before
   * rejects with code "type". An upload that ends within a word rejects with
   * code "alignment", unless it ends the buffer. More than fits rejects with code "range"; an error of the
   * source's own, and the reason of the signal, reject as they are. It rejects as soon as the buffer or its system is
   * destroyed (code "destroyed") or the device is lost ("device-lost"), also while the stream stalls. The stream is
   * cancelled then and unlocked, and the part of the buffer holds old bytes or new. onBudget says what it does without
   * memory.
   */
  upload(offset: number, source: Data | ReadableStream<Data> | Blob | Response, options?: UploadOptions): Promise<number>;
  /**
   * Makes it hold at least size bytes. gpuBuffer, size and generation are others at once; the contents are kept, by a
   * copy on the GPU, and uploads that are under way go on in the new memory. The old GPUBuffer lives until the outcome
   * is known and the next submit has left no frame open.
   *
   * Misuse throws. If the browser had no memory, the promise rejects with code "out-of-memory": the old GPUBuffer
   * is back, under another generation, with what it held when grow was called. What was written since is lost, and
   * uploads that are under way reject. onError and the log hear of it too, so the promise may be left alone.
   */
  grow(size: number): Promise<void>;
  destroy(): void;
  [Symbol.dispose](): void;
}

export interface UploadOptions {
  /** Gives the upload up. */
  signal?: AbortSignal;
  /** Hears after each piece how many bytes were taken so far. */
  onProgress?: (bytes: number) => void;
  /** How many bytes a stream is expected to have, where it does not say: it guides the choice of the path. */
  size?: number;
}

declare class StagingBuffer {
  protected constructor();
  readonly label: string;
  readonly size: number;
  /** How many bytes an upload copies: up to the last one written. */
  readonly written: number;
  /** Appends data. */
  write(data: Data): void;
  /** Writes at offset; bytes skipped become zero. */
  writeAt(offset: number, data: Data): void;
  /**
   * Appends what the source delivers, as it arrives. A Response is refused as by upload. More than fits rejects with
   * code "range"; an error of the source's own, and the reason of the signal, reject as they are. It rejects as soon as
   * the buffer or its system is destroyed (code "destroyed") or the device is lost ("device-lost"), also while the
   * source stalls. The source is cancelled then and unlocked.
   */
  readFrom(source: ReadableStream<Data> | Blob | Response, options?: { signal?: AbortSignal; onProgress?: (bytes: number) => void }): Promise<number>;
  /**
   * The native memory, to be written directly, all of it: an upload copies size bytes afterwards, and what
   * was not written holds what an earlier use left there. The upload detaches it, as do reset, unmap and destroy.
   * Not for rows of texels with padding.
   */
  mappedRange(): Uint8Array;
  /**
   * Ends the writing and records the copy into encoder. The memory goes round again if the encoder is the frame's, or
   * is given to submit as an encoder. If the page finishes it, nobody knows when it is submitted: from the next
   * submit of the system on its memory is only kept for it, until that is needed, trim() is called, or 5 seconds have
   * passed. A later submit of such a command buffer is an error of the browser's; it never copies anything else.
   */
  uploadTo(encoder: GPUCommandEncoder, destination: AnyBuffer, offset?: number): void;
  /**
   * The same for rows of texels, which must be those of the destination. A texture without COPY_DST throws code
   * "usage"; one that is multisampled, or of a format or aspect that no copy writes, "unsupported": docs/textures.md
   * lists them.
   */
  uploadToTexture(encoder: GPUCommandEncoder, destination: TextureRegion): void;
  destroy(): void;
  [Symbol.dispose](): void;
}

/**
 * A box of texels of one mip level, as the browser counts them: the layers of a 3D texture are its slices at that
 * level, a compressed format is copied in whole blocks, which may reach beyond a small mip level, and depth and
 * stencil in whole layers. An empty box is refused.
 */
export interface TextureRegion {
  texture: GPUTexture;
  mipLevel?: number;
  origin?: [x: number, y?: number, layer?: number];
  /** The whole mip level by default, rounded up to whole blocks. */
  size?: [width: number, height?: number, layers?: number];
  /** "all" by default; of a format with depth and stencil, name one of the two. */
  aspect?: GPUTextureAspect;
}

/** Writable the moment it is made; used once, until reset. */
export class ImmediateStagingBuffer extends StagingBuffer {
  private constructor();
  /** Makes it writable again, from the start. */
  reset(): void;
}

/** Writable each time mapAsync resolves. */
export class DeferredStagingBuffer extends StagingBuffer {
  private constructor();
  /**
   * Asks for memory to write. It rejects with code "map-aborted" if unmap or destroy gives it up, in the same task too;
   * with "destroyed" or "device-lost" if its system ends; and with "budget" as onBudget says.
   */
  mapAsync(): Promise<void>;
  /** Gives the memory up, or cancels a map that is pending. */
  unmap(): void;
}

export interface ReadOptions {
  /** Gives the read up: it rejects with the signal's reason and never writes into `into` afterwards. */
  signal?: AbortSignal;
}

/**
 * Brings results to the CPU. Reads made in one task, or in one frame, share memory, map and copies.
 *
 * A read gives the bytes that its source has when it is sent, or rejects: nothing that is written or submitted later is
 * read. What finds no mappable memory when it is sent is copied on the GPU at that moment, at most `budget` bytes in
 * all (`stats().held`); beyond that it rejects with code "budget".
 *
 * If the browser refuses a copy, since the page has destroyed the source, or it belongs to another device, the read
 * rejects with code "validation". It rejects alone, but for reads of DeviceBuffers whose `gpuBuffer` was asked for:
 * those that are sent together reject together. Such copies are made within an error scope that opens and closes within
 * one call of this module; none of their errors reaches the page's own scopes or its `uncapturederror`.
 */
export class ReadbackBuffer {
  private constructor();
  readonly label: string;
  /**
   * Reads size bytes (all by default) at offset. While a frame is open it is sent with the frame, and waits for that to
   * be submitted: the log tells of a frame that stays open meanwhile. Else it is sent in a microtask, after the code that
   * runs now, or before a frame that this opens. Resolves
   * with a new ArrayBuffer, or with `into`, whose first size bytes are
   * filled; size is that of `into` if it is left out. A read of no bytes resolves at once.
   */
  read(source: AnyBuffer, offset?: number, size?: number, options?: ReadOptions): Promise<ArrayBuffer>;
  read<T extends Data>(source: AnyBuffer, offset: number, size: number | undefined, options: ReadOptions & { into: T }): Promise<T>;
  /**
   * Reads texels, row by row without padding, or blocks of a compressed format. A texture without COPY_SRC rejects with
   * code "usage"; one that is multisampled, or of a format or aspect that no copy reads, with "unsupported":
   * docs/textures.md lists them.
   */
  readTexture(region: TextureRegion, options?: ReadOptions): Promise<ArrayBuffer>;
  readTexture<T extends Data>(region: TextureRegion, options: ReadOptions & { into: T }): Promise<T>;
  destroy(): void;
  [Symbol.dispose](): void;
}

/** Data that is new each frame. */
export class DynamicBuffer {
  private constructor();
  readonly label: string;
  readonly pageSize: number;
  /** What each offset is a multiple of. */
  readonly alignment: number;
  readonly slots: number;
  /** The GPUBuffer of the latest update: another one each frame, out of a few, and on each page. Before an update it throws code "state". */
  readonly gpuBuffer: GPUBuffer;
  /**
   * The memory of the latest update's page, to be written at the offset that update gave, before the
   * submit. It holds what an earlier use left there. Ask for it after each update: each page has an array of its own,
   * and where frames go by mapped memory and most of the page is used each frame has another, which the submit
   * detaches. Its ArrayBuffer is this page's alone and is detached by destroy; whoever transfers it loses the updates
   * in there, and the submit throws code "type".
   */
  readonly bytes: Uint8Array;
  readonly floats: Float32Array;
  readonly uints: Uint32Array;
  /** Takes size bytes for the next submit and returns their offset, in `bytes` and in `gpuBuffer` alike. */
  update(size: number): number;
  /** update, with data copied in; no bytes have a place, too. */
  write(data: Data): number;
  destroy(): void;
  [Symbol.dispose](): void;
}

/**
 * A buffer to map by hand: its GPUBuffer does it, when and how the browser does. The differences:
 * - The size is a positive multiple of 4, and the buffer can be mapped: by its usage or at its creation.
 * - unmap of a buffer that is not mapped throws.
 * - Errors carry a code, that of the rule, with the browser's error as cause.
 * - A map that this object's unmap or destroy cancels rejects within that call, as the browser's does. Otherwise
 *   mapAsync settles one microtask after the browser's own promise.
 * - A map that is pending when the device is lost rejects with code "map-aborted", or "device-lost" if `device.lost`
 *   has resolved by then.
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
  /** The native ArrayBuffer. */
  mappedRange(offset?: number, size?: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
  [Symbol.dispose](): void;
}

/** One turn of the render loop; one is open at a time. */
export class Frame {
  private constructor();
  /** Sent first, before the commands given to submit. */
  readonly encoder: GPUCommandEncoder;
  /**
   * Names buffers that recorded commands use, so that submit can say which of them is mapped or destroyed. How many
   * arguments a call may have is the browser's to say, some ten thousands: name more by further calls.
   */
  use(...buffers: AnyBuffer[]): void;
  /** Sends updates, the frame's encoder, commands in order, then the reads. Where it throws the frame stays open. */
  submit(commands?: Iterable<GPUCommandBuffer | GPUCommandEncoder>): void;
  /** Drops commands and updates. Reads asked for in the frame are sent all the same. */
  discard(): void;
  /** discard, unless it was submitted. */
  [Symbol.dispose](): void;
}

export interface KindStats { count: number; peak: number; bytes: number; peakBytes: number; created: number }
export interface PoolStats { hits: number; misses: number; chunks: number; bytes: number; idleBytes: number }
export interface Stats {
  kinds: Record<"DeviceBuffer" | "ImmediateStagingBuffer" | "DeferredStagingBuffer" | "ReadbackBuffer" | "DynamicBuffer" | "MappableBuffer", KindStats>;
  uploads: PoolStats;
  reads: PoolStats;
  budget: number;
  mappable: number;
  peak: number;
  /**
   * Bytes on the GPU that keep what reads are to bring until there is mappable memory for it; at most the budget. Like
   * chunks, such memory is kept for the next reads for a while, or until trim.
   */
  held: number;
  mapsPending: number;
  /** Milliseconds. */
  mapLatency: { count: number; last: number; mean: number; max: number };
  bytesUp: number;
  bytesDown: number;
  submits: number;
  framesInFlight: number;
  /** How many buffers were dropped without destroy. */
  leaks: number;
}

export type ErrorCode =
  | "destroyed" | "mapped" | "not-mapped" | "map-pending" | "map-aborted" | "state" | "usage" | "range" | "alignment"
  | "too-large" | "out-of-memory" | "budget" | "busy" | "device-lost" | "wrong-device" | "unsupported" | "validation"
  | "stale" | "type" | "layout" | "internal";

/**
 * What an error is of: the method or property that was used, or "constructor" for `new`. Of errors that the browser
 * reports later it is the method that asked for the buffer, if that is known, or else what the browser was doing.
 */
export type ErrorOperation =
  | "open" | "constructor" | "createBuffer" | "uncapturederror"
  | "device" | "lost" | "createDeviceBuffer" | "createImmediateStagingBuffer" | "createDeferredStagingBuffer"
  | "createReadbackBuffer" | "createDynamicBuffer" | "createMappableBuffer" | "frame" | "nextFrame" | "submit" | "explain"
  | "calibrate" | "calibration" | "loadCalibration" | "stats" | "trim" | "destroy" | "Symbol.dispose"
  | "label" | "size" | "usage" | "state" | "valid" | "gpuBuffer" | "generation" | "write" | "upload" | "grow"
  | "written" | "writeAt" | "readFrom" | "mappedRange" | "uploadTo" | "uploadToTexture" | "reset" | "mapAsync" | "unmap"
  | "read" | "readTexture" | "pageSize" | "alignment" | "slots" | "bytes" | "floats" | "uints" | "update"
  | "mapState" | "encoder" | "use" | "discard";

/**
 * Every error of the module: 'gpubuffers: OPERATION "LABEL": what is wrong'. `cause` is the browser's own error, where
 * there is one. structuredClone, and with it postMessage, keeps message and stack alone, as of every Error: send code,
 * operation and label beside it.
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
