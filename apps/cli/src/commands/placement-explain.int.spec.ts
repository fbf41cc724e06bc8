import { expect, it } from 'vitest';
import { apisOfFile } from './apis.testing.js';
import { explainPlacement } from './placement-explain.js';

const waits = {
  ...{ token: 'order-1', accessToken: 'order-1:web:0', appId: 'shop', service: 'web', priority: 10 },
  ...{ since: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:01:00.000Z' },
  missing: ['cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes)'],
};
const other = { ...waits, token: 'other', accessToken: 'other:web:0' };

/** Two instances wait, and no answer is kept. */
const said = apisOfFile((url) => {
  if (url.startsWith('/v1/waiting')) return [200, [waits, other]];
  if (url.startsWith('/v1/placements?')) return [200, { items: [] }];
  return [404, { code: 'PLACEMENT_UNKNOWN', message: 'None is kept.', hint: 'h' }];
});

it.each(['order-1:web:0', 'order-1'])(
  'what waits for room was said to be no instance and of no request: %s',
  async (word) => {
    const { code, out } = await said((output) => explainPlacement(word, output));
    expect(code).toBe(0);
    expect(out).toMatch(/^shop web \(priority 10\) is waiting for room: cpu: needs 2 cores, .*\n$/);
    const { out: json } = await said((output) => explainPlacement(word, output), true);
    expect(JSON.parse(json)).toEqual([{ outcome: 'waiting', ...waits }]);
  },
);

it('what neither waits nor has an answer is refused', async () => {
  await expect(said((output) => explainPlacement('nobody:web:0', output))).rejects.toMatchObject({
    code: 'PLACEMENT_UNKNOWN',
  });
});
