// What the files of the module export is what gpubuffers.d.ts declares.

import type * as declared from "../../../web/gpubuffers.js";
import type * as written from "../../../web/gpubuffers/index.js";

/** Objects of classes, and all else as it is. */
type Exports<Module> = { [Name in keyof Module]: Module[Name] extends { prototype: infer Class } ? Class : Module[Name] };

declare const all: Exports<typeof written>;
all satisfies Exports<typeof declared>;
