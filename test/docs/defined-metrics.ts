import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const DEFINITION = /metrics\.(?:counter|gauge|histogram)\(\s*'([a-z0-9_]+)'/g;

/** The names of all metrics that the sources define. */
export function definedMetrics(): readonly string[] {
  const sources = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.spec.ts'),
  );
  return sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(DEFINITION)].map(([, name]) => `slipway_${name}`),
  );
}
