// What describes a struct: this module's own way, webgpu-utils' definitions, and TypeGPU's schemas.

import { arrayOf, isUnbounded, misfit, named, roundUp, structOf } from "./wgsltypes.js";

/** The types of the structs that this module made. */
export const typesOfStructs = new WeakMap();

/** The members of a struct as it was described, for structOf: [name, type, { align, size }]. */
export function membersOf(label, described) {
  if (described.type === "struct" && isObject(described.propTypes)) return entries(label, described.propTypes, ofTypeGPU);
  if (isObject(described.fields) && typeof described.size === "number") return fieldsOf(label, described);
  return entries(label, described, ofOwn);
}

/** TypeGPU's schemas are functions. */
const isObject = (value) => (value !== null && typeof value === "object") || typeof value === "function";

const entries = (label, object, read) => Object.keys(object).map((name) => [name, ...read(`${label}.${name}`, object[name])]);

/** A type that this module names, a struct, [element, count], [element], or { type, align, size } with one of these. */
function ofOwn(label, described) {
  const made = isObject(described) ? typesOfStructs.get(described) : undefined;
  if (made !== undefined) return [made, {}];
  if (Array.isArray(described) && described.length > 0 && described.length < 3) return [arrayOf(label, ofOwn(label, described[0])[0], described[1]), {}];
  if (isObject(described) && !Array.isArray(described) && "type" in described) {
    const { type, align, size } = described;
    return [ofOwn(label, type)[0], { align, size }];
  }
  return [named(label, described), {}];
}

/** The fields of a definition of webgpu-utils, which says where each lies. */
function fieldsOf(label, { fields, size }) {
  const list = Object.keys(fields).map((name) => ({ name, offset: fields[name].offset, type: ofDefinition(`${label}.${name}`, fields[name].type) }));
  list.sort((a, b) => a.offset - b.offset);
  if (list.length > 0 && list[0].offset !== 0) throw misfit(label, `the first member is at offset ${list[0].offset}`);
  const alignment = Math.max(...list.map(({ type }) => type.alignment));
  return list.map(({ name, offset, type }, i) => {
    const next = list[i + 1] ?? { offset: size, type: { alignment } };
    const fits = isUnbounded(type) || roundUp(next.type.alignment, offset + type.size) === next.offset;
    return [name, type, fits ? {} : { size: next.offset - offset }];
  });
}

function ofDefinition(label, definition) {
  if (isObject(definition.fields)) return structOf(definition.name ?? label.split(".").pop(), fieldsOf(label, definition));
  if (definition.elementType !== undefined) return arrayOf(label, ofDefinition(label, definition.elementType), definition.numElements || undefined);
  return named(label, definition.type);
}

/** A schema of TypeGPU's. */
function ofTypeGPU(label, schema) {
  switch (schema?.type) {
    case "decorated": {
      const attributes = Object.fromEntries(schema.attribs.map(({ type, params }) => [String(type).replace("@", ""), params[0]]));
      return [ofTypeGPU(label, schema.inner)[0], { align: attributes.align, size: attributes.size }];
    }
    case "struct":
      return [structOf(label.split(".").pop(), membersOf(label, schema)), {}];
    case "array":
      return [arrayOf(label, ofTypeGPU(label, schema.elementType)[0], schema.elementCount || undefined), {}];
    case "atomic":
      return [named(label, `atomic<${schema.inner.type}>`), {}];
  }
  return [named(label, schema?.type), {}];
}
