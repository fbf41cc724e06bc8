import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const DEFINITION = /metrics\.(?:counter|gauge|histogram)\(\s*'([a-z_]+)'/g;

it('docs/reference/metrics.md names every metric there is, and no other', () => {
  const sources = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.spec.ts'),
  );
  const defined = sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(DEFINITION)].map(([, name]) => `slipway_${name}`),
  );
  const page = readFileSync(join(root, 'docs/reference/metrics.md'), 'utf8');
  const named = [...page.matchAll(/^\| `(slipway_[a-z_]+)`/gm)].map(([, name]) => name);
  expect(defined).toContain('slipway_deployer_step_seconds');
  expect(named.sort()).toEqual([...defined].sort());
});
