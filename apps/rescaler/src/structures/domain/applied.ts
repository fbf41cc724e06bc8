/**
 * The shares of a CPU limit as cgroup v2 writes it: `150000 100000` is 150. Undefined: there is no limit (`max`, or a quota
 * of -1 as cgroup v1 writes it), or the text is something else.
 */
export function sharesOfCpuMax(text: string): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)$/.exec(text.trim()) ?? [];
  if (quota === undefined || Number(quota) <= 0 || !(Number(period) > 0)) return undefined;
  return Math.round((Number(quota) / Number(period)) * 100);
}

/**
 * A limit that is really applied as `current` of a structure. No limit (absent, -1, 0) means that the container may use
 * all of its `max`, until the first change applies one.
 */
export const currentOf = (applied: number | undefined, max: number): number =>
  applied === undefined || !Number.isFinite(applied) || applied <= 0 ? max : Math.round(applied);
