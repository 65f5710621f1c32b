// Go's loader, which is no module: it leaves what it makes in globals.

declare global {
  var Go: new () => {
    importObject: WebAssembly.Imports & { gojs: Record<string, (sp: number) => void> };
    run(instance: WebAssembly.Instance): Promise<void>;
  };
  var fs: unknown;
  var process: unknown;
  var path: unknown;
  function require(path: string): unknown;
}

export {};
