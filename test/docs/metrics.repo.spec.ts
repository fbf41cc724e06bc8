import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { definedMetrics } from './defined-metrics.js';

const root = join(import.meta.dirname, '../..');

it('docs/reference/metrics.md names every metric there is, and no other', () => {
  const defined = definedMetrics();
  const page = readFileSync(join(root, 'docs/reference/metrics.md'), 'utf8');
  const named = [...page.matchAll(/^\| `(slipway_[a-z0-9_]+)`/gm)].map(([, name]) => name);
  expect(defined).toContain('slipway_deployer_step_seconds');
  expect(named.sort()).toEqual([...defined].sort());
});
