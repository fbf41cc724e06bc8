import { expect, it } from 'vitest';
import type { RebalancingAnswer } from '#libs/contracts';
import { plainPaint } from './progress-lines.js';
import { rebalanceLines } from './rebalance-lines.js';

const move = {
  ...{ appId: 'shop', appName: 'Shop', service: 'web', instance: 'shop-web-o-0', cpu: 0.88 },
  ...{ from: 'node-1', to: 'node-3' },
  improves: { from: { before: 0.93, after: 0.71 }, to: { before: 0.2, after: 0.42 } },
};
const asked = { ...move, token: 'rebalance-1', askedAt: '2026-01-01T00:00:00.000Z' };
const limits = { atOnce: 1, anHour: 10, leastGain: 0.1, above: 0.5, quietMs: 1, overMs: 1 };
const answer: RebalancingAnswer = {
  ...{ mode: 'advise', at: '2026-01-01T00:05:00.000Z', by: 'measured', limits },
  ...{ advised: [], underWay: [], staying: [], ended: [] },
  ...{ fullest: { node: 'node-1', share: 0.93 }, emptiest: { node: 'node-3', share: 0.2 } },
};
const text = (changes: Partial<RebalancingAnswer>): string =>
  rebalanceLines({ ...answer, ...changes }, plainPaint).join('\n');

it('names each advised move with what it improves, why others stay, and that none is made', () => {
  expect(
    text({
      advised: [move],
      staying: [
        { reason: 'volumes', instances: 2 },
        { reason: 'opted-out', instances: 1 },
      ],
    }),
  ).toBe(`CPU in use: fullest node-1 93 %, emptiest node-3 20 % (2026-01-01T00:05:00.000Z)

ADVISED       FROM                 TO
shop-web-o-0  node-1 93 % -> 71 %  node-3 20 % -> 42 %

2 instances on full nodes stay: their volumes lie there
1 instance on a full node stays: placement.rebalance of their config.json is false

1 move advised; none is made, since LOAD_BALANCER_REBALANCING is advise.`);
});

it('shows what is under way, and what ended and why not', () => {
  const error = { code: 'NO_NODE', message: 'No node fits.' };
  const endedAt = '2026-01-01T00:01:00.000Z';
  const shown = text({
    mode: 'act',
    underWay: [asked],
    ended: [
      { ...asked, endedAt, succeeded: false, error },
      { ...asked, endedAt, succeeded: true },
    ],
  });
  expect(shown).toContain('UNDER WAY     FROM                 TO\nshop-web-o-0  node-1');
  expect(shown).toMatch(/^✖ .*shop-web-o-0 .*NO_NODE: No node fits\.$/m);
  expect(shown).toMatch(/^✔ .*node-3 20 % -> 42 %$/m);
  expect(shown).toContain('1 move under way, 0 advised.');
});

it.each<[string, Partial<RebalancingAnswer>, string]>([
  ['it is off', { mode: 'off', at: undefined }, 'Rebalancing is off: set LOAD_BALANCER_REBALANCING=advise'],
  ['nobody has looked yet', { at: undefined, by: undefined, fullest: undefined }, 'not looked at yet'],
  ['all is well', {}, 'No instance has to move.'],
  ['figures are missing', { waits: 'node-2: no figures of its agent' }, 'Nothing is advised now: node-2: no'],
  ['no agent watches', { by: 'reserved' }, 'CPU reserved: fullest node-1'],
  ['it acts', { mode: 'act', advised: [move] }, '1 move advised, and made within the limits.'],
])('says so where %s', (_, changes, expected) => {
  expect(text(changes)).toContain(expected);
});
