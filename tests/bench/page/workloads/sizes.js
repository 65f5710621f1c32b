// Transfers of one size. A short one is made many times a round, all sent before the GPU is waited for;
// from 1 MiB on each is waited for before the next.
export const sizes = { smoke: [65536], quick: [256, 65536, 1 << 20, 16 << 20], full: [256, 4096, 65536, 1 << 20, 16 << 20, 64 << 20] };

const calls = { 256: 1000, 4096: 500, 65536: 100, [1 << 20]: 8, [16 << 20]: 2 };
export const callsOf = (size) => calls[size] ?? 1;
export const waitsEach = (size) => size >= 1 << 20;
