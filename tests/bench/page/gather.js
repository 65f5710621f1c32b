/**
 * Asks each competitor for its part in a workload, { paths, destroy() }, and makes a case of every path. A
 * competitor that cannot set it up is a case that fails.
 */
export async function gather(competitors, family, args, makeCase) {
  const cases = [];
  const parts = [];
  for (const competitor of competitors) {
    if (!competitor[family]) continue;
    try {
      const part = await competitor[family](...args);
      parts.push(part);
      for (const path of part.paths) {
        const base = { competitor: competitor.name, device: competitor.device, path: path.name, explain: path.explain };
        cases.push(readied({ ...base, ...makeCase(competitor, path) }, path));
      }
    } catch (error) {
      cases.push({ competitor: competitor.name, path: "", run: () => Promise.reject(error) });
    }
  }
  const all = [...cases, ...parts];
  return { cases, destroy: () => Promise.allSettled(all.map(async (one) => one.destroy?.())) };
}

/** A path may have ready(), which is called, not timed, before each run. It may return a promise. */
function readied(made, { ready }) {
  if (!ready) return made;
  const prepare = async (seed) => {
    await ready();
    return made.prepare?.(seed);
  };
  return { ...made, prepare };
}
