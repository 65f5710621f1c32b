// What a browser has and the types of TypeScript lack.

declare const GPUBufferUsage: typeof import("../../../web/gpubuffers.js").BufferUsage;
declare const GPUTextureUsage: typeof import("../../../web/gpubuffers.js").TextureUsage;
declare const GPUShaderStage: { readonly VERTEX: 0x1; readonly FRAGMENT: 0x2; readonly COMPUTE: 0x4 };
