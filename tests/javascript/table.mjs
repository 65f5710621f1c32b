// Writes tests/headless/testdata/module/api.json: what gpubuffers.d.ts declares, as the tests of arguments take it.
//
// A type is a list of alternatives. Each is the name of a primitive type, of a class or of an interface; or an object:
// { value } of a literal, { elements } of an iterable, with the { names } of a tuple, { pieces } of a stream, { options } of a
// dictionary.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { fingerprintOf } from "../headless/testdata/module/fingerprint.js";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const types = path("../../web/gpubuffers.d.ts");
const program = ts.createProgram([types], { strict: true, target: ts.ScriptTarget.ESNext, lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"] });
const checker = program.getTypeChecker();
const source = program.getSourceFile(types);
const faults = ts.getPreEmitDiagnostics(program);
if (faults.length > 0) throw new Error(ts.formatDiagnostics(faults, { getCanonicalFileName: String, getCurrentDirectory: () => ".", getNewLine: () => "\n" }));

const isOwn = (symbol) => symbol.declarations?.every((d) => d.getSourceFile() === source);
const is = (flagged, flag) => (flagged.flags & flag) !== 0;

/** Alternatives, those of the same form as one. */
function union(alternatives) {
  const all = new Map();
  for (const a of alternatives) {
    const key = a.options ? "options" : JSON.stringify(a);
    all.set(key, a.options && all.has(key) ? { options: merged(all.get(key).options, a.options) } : a);
  }
  return [...all.values()];
}

/** Parameters or options of several signatures by name: one that a signature lacks can be left out. */
function merged(a, b) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, a[name] && b[name] ? both(a[name], b[name]) : { ...(a[name] ?? b[name]), optional: true }]));
}

function both(a, b) {
  return { type: union([...a.type, ...b.type]), ...((a.optional || b.optional) && { optional: true }), ...(a.rest && { rest: true }) };
}

function typeOf(type) {
  if (type.isUnion()) return union(type.types.flatMap(typeOf));
  if (is(type, ts.TypeFlags.TypeParameter)) return typeOf(checker.getBaseConstraintOfType(type));
  if (is(type, ts.TypeFlags.Undefined)) return [];
  if (is(type, ts.TypeFlags.BooleanLiteral)) return ["boolean"];
  if (type.isLiteral()) return [{ value: type.value }];
  if (is(type, ts.TypeFlags.Number | ts.TypeFlags.String)) return [checker.typeToString(type)];
  return objectOf(type);
}

function objectOf(type) {
  const { symbol } = type;
  if (type.getCallSignatures().length > 0) return ["function"];
  if (checker.isTupleType(type)) return [{ elements: typeOf(checker.getTypeArguments(type)[0]), names: type.target.labeledElementDeclarations.map(({ name, questionToken }) => name.text + (questionToken ? "?" : "")) }];
  if (checker.isArrayType(type) || symbol?.name === "Iterable") return [{ elements: elementsOf(type) }];
  if (symbol?.name === "ReadableStream") return [{ pieces: elementsOf(type) }];
  if (type.isIntersection() || (isOwn(symbol) && !type.isClass())) return [{ options: fieldsOf(type.getProperties()) }];
  return [checker.typeToString(type).replace(/<.*/, "")];
}

const elementsOf = (type) => typeOf(checker.getTypeArguments(type)[0]);

function fieldsOf(symbols) {
  return Object.fromEntries(symbols.map((symbol) => [symbol.name, fieldOf(symbol)]));
}

function fieldOf(symbol) {
  const declared = checker.getTypeOfSymbol(symbol);
  const parameter = ts.isParameter(symbol.valueDeclaration) ? symbol.valueDeclaration : undefined;
  if (parameter?.dotDotDotToken) return { type: elementsOf(declared), rest: true };
  const isOptional = is(symbol, ts.SymbolFlags.Optional) || (parameter && checker.isOptionalParameter(parameter));
  return { type: typeOf(declared), ...(isOptional && { optional: true }) };
}

function memberOf(symbol) {
  const signatures = checker.getTypeOfSymbol(symbol).getCallSignatures();
  if (signatures.length === 0) return { get: true };
  const parameters = signatures.map((s) => fieldsOf(s.parameters)).reduce(merged);
  return { parameters, promises: signatures.every((s) => s.getReturnType().symbol?.name === "Promise") };
}

function classOf(symbol) {
  const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties().filter(isOwn);
  return Object.fromEntries(members.map((m) => [m.name.replace(/^__@dispose.*/, "[Symbol.dispose]"), memberOf(m)]));
}

/** The values of an object's properties. */
function constantOf(symbol) {
  const properties = checker.getTypeOfSymbol(symbol).getProperties();
  return Object.fromEntries(properties.map((p) => [p.name, checker.getTypeOfSymbol(p).value]));
}

const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
const named = (flag, of) => Object.fromEntries(exported.filter((s) => is(s, flag)).map((s) => [s.name, of(s)]));
const table = {
  fingerprint: await fingerprintOf(source.text),
  constants: named(ts.SymbolFlags.Variable, constantOf),
  functions: named(ts.SymbolFlags.Function, memberOf),
  classes: named(ts.SymbolFlags.Class, classOf),
};
// A line for each member, so that a change of one is a change of one.
const text = JSON.stringify(table, (_, value) => (value?.get || value?.parameters ? `@${JSON.stringify(value)}@` : value), 1);
await writeFile(path("../headless/testdata/module/api.json"), text.replace(/"@(.*)@"/g, (_, member) => JSON.parse(`"${member}"`)) + "\n");
