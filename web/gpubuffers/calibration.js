// What the engine has measured, between the runs of a page.

import { fields } from "./arguments.js";
import { GPUBufferError, refusal, retold } from "./errors.js";

const version = 1; // of the form below
const maxRates = 1024;

/** A Calibration, of what the module gives. */
export function toCalibration({ copyCost, rates }) {
  return { version, copyCost, rates };
}

/** A Calibration from anywhere as what the module takes: copyCost, and the rates in a row. */
export function fromCalibration(calibration) {
  const [given, copyCost, rates] = fields("loadCalibration", "", "calibration", calibration, "version", "copyCost", "rates");
  if (given !== version) throw refusal("unsupported", "loadCalibration", "", `a calibration of version ${version} is needed`);
  if (typeof copyCost !== "number") throw refusal("type", "loadCalibration", "", "copyCost must be a number");
  return [copyCost, firstOf(rates).flatMap(inARow)];
}

function firstOf(rates) {
  try {
    if (Array.isArray(rates)) return Array.from({ length: Math.min(rates.length, maxRates) }, (_, i) => rates[i]);
  } catch (cause) {
    throw refusal("type", "loadCalibration", "", "rates cannot be read", cause);
  }
  throw refusal("type", "loadCalibration", "", "rates is not an Array");
}

/** A rate as four values, or nothing. */
function inARow(rate) {
  if (rate === null || typeof rate !== "object") return [];
  try {
    const { operation, path, size, bytesPerSecond } = rate;
    const right = typeof operation === "string" && typeof path === "string" && Number.isSafeInteger(size) && Number.isFinite(bytesPerSecond);
    return right ? [operation, path, size, bytesPerSecond] : [];
  } catch {
    return [];
  }
}

/** Checks the option of open. */
export function checkCalibrationOption(option) {
  if ([undefined, true, false, "local"].includes(option)) return;
  if (option === null || typeof option !== "object") {
    throw refusal("type", "open", "", 'calibration must be true, "local" or what calibration() gave');
  }
}

/** Does at open what its option says. */
export async function calibrateAtOpen(gpu, option) {
  try {
    if (option === true || (option === "local" && !loadKept(gpu))) await gpu.calibrate();
    else if (typeof option === "object") gpu.loadCalibration(option);
  } catch (error) {
    throw error instanceof GPUBufferError ? retold(error, "open") : error;
  }
  if (option === "local") keep(gpu);
}

/** Keeps what was measured for the next run on the same adapter, where the browser lets it. */
export function keep(gpu) {
  try {
    const calibration = gpu.calibration();
    if (calibration.rates.length > 0) localStorage.setItem(keyOf(gpu.device), JSON.stringify(calibration));
  } catch {
    // no localStorage here (a worker), or it is blocked or full, or the device is lost
  }
}

/** Reports whether there was something for this adapter. */
function loadKept(gpu) {
  try {
    const kept = localStorage.getItem(keyOf(gpu.device));
    if (kept === null) return false;
    gpu.loadCalibration(JSON.parse(kept));
    return gpu.calibration().rates.length > 0;
  } catch {
    return false;
  }
}

function keyOf({ adapterInfo }) {
  const { vendor = "", architecture = "", device = "", description = "" } = adapterInfo ?? {};
  return `gpubuffers calibration ${version}: ${JSON.stringify([vendor, architecture, device, description])}`;
}
