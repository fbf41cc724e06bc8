/** `1-3,5,4` as 1, 2, 3, 4, 5: ascending and without repetition. Undefined: not a list of CPUs. */
export function parseCpuList(text: string): readonly number[] | undefined {
  if (text.trim() === '') return [];
  const cores = new Set<number>();
  for (const part of text.trim().split(',')) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(last ?? first) < Number(first)) return undefined;
    for (let core = Number(first); core <= Number(last ?? first); core += 1) cores.add(core);
  }
  return [...cores].sort((a, b) => a - b);
}

/** As the kernel writes it: 0, 1, 2, 6 is `0-2,6`. */
export function cpuListText(cores: readonly number[]): string {
  const sorted = [...new Set(cores)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const core of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === core - 1) run[1] = core;
    else runs.push([core, core]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
