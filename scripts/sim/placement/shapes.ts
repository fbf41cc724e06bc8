import { readFileSync } from 'node:fs';
import { packagePath } from '#libs/postgres';

export interface Shape {
  /** Thousandths of a core. */
  readonly cpu: number;
  readonly memoryMiB: number;
  /** The share of all that have this size. */
  readonly weight: number;
}

/** Sizes with their shares, from `cpu_milli,memory_mib,count`. */
function read(file: string): readonly Shape[] {
  const [, ...lines] = readFileSync(packagePath(`scripts/sim/data/${file}`), 'utf8')
    .trim()
    .split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  const total = rows.reduce((sum, [, , count = 0]) => sum + count, 0);
  return rows.map(([cpu = 0, memoryMiB = 0, count = 0]) => ({ cpu, memoryMiB, weight: count / total }));
}

export const nodeShapes = (): readonly Shape[] => read('cluster-node-shapes.csv');
export const podShapes = (): readonly Shape[] => read('cluster-pod-shapes.csv').filter(({ cpu }) => cpu > 0);

/** One of them, by their shares. */
export function pick(shapes: readonly Shape[], random: number): Shape {
  let left = random;
  for (const shape of shapes) if ((left -= shape.weight) < 0) return shape;
  const last = shapes.at(-1);
  if (last === undefined) throw new RangeError('expected at least one shape');
  return last;
}
