import { fields, region } from "./arguments.js";
import { ask, handleOf, Resource } from "./resource.js";

export class ReadbackBuffer extends Resource {
  async read(source, offset, size, options) {
    const [into, signal] = fields("read", options, "into", "signal");
    return this[ask]("read", handleOf(source), offset, size, into, signal);
  }

  async readTexture(texels, options) {
    const [into, signal] = fields("readTexture", options, "into", "signal");
    return this[ask]("readTexture", ...region("readTexture", texels), into, signal);
  }
}
