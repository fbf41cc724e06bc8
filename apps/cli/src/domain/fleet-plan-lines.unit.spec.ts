import { describe, expect, it } from 'vitest';
import type { FleetPlan } from '#libs/contracts';
import { fleetPlanLines } from './fleet-plan-lines.js';
import { plainPaint } from './progress-lines.js';

const resources = { cpu: 0.5, memoryMiB: 100 };
const plan: FleetPlan = {
  ...{ placed: [], unplaced: [], staying: [], added: [], unknown: 0 },
  before: {
    ...{ nodes: 3, ready: 3, used: 2, worst: { node: 'node-1', cpuShare: 0.75, memoryShare: 0.5 } },
    room: [{ ...resources, instances: 12 }],
  },
  after: { nodes: 3, ready: 2, used: 2, room: [{ ...resources, instances: 7 }] },
};
const text = (changes: Partial<FleetPlan>): string =>
  fleetPlanLines({ ...plan, ...changes }, plainPaint).join('\n');
const refused = [
  {
    ...{ filter: 'cpu', nodes: 2, missing: 'needs 0.5 cores, best free 0.4 on node-2', closest: 'node-2' },
    quantity: { unit: 'cores', needed: 0.5, free: 0.4 },
  },
];

describe('a plan of the fleet', () => {
  it('lists moves, what has no place and why, what stays, and the figures before and after', () => {
    const of = { appId: 'shop', service: 'web', resources, from: 'node-1' };
    expect(
      text({
        placed: [{ ...of, instance: 'shop-web-o-0', to: 'node-2', score: 85 }],
        unplaced: [
          { ...of, instance: 'shop-web-o-1', refused },
          { ...of, accessToken: 'o:web:2', refused },
        ],
        staying: [{ ...of, instance: 'shop-db-o-0' }],
        unknown: 1,
      }),
    ).toBe(`INSTANCE      NEEDS               FROM    TO      SCORE
shop-web-o-0  0.5 cores, 100 MiB  node-1  node-2  85

2 instances of 0.5 cores, 100 MiB would find no place: shop-web-o-1, o:web:2
FILTER  NODES  CLOSEST                                   TO CHANGE THAT
cpu     2      needs 0.5 cores, best free 0.4 on node-2  0.1 cores more on node-2, or ask for 0.4 cores at most

1 instance would stay, since the volumes lie on the node:
  shop-db-o-0

                                          BEFORE                         AFTER
nodes that take instances                 3 of 3                         2 of 3
of these, with instances                  2                              2
fullest node                              node-1: 75 % CPU, 50 % memory  -
room for instances of 0.5 cores, 100 MiB  12                             7

Of 1 instance, neither constraints nor volumes are known: an older version placed them.

1 instance would move, 2 would find no place, 1 would stay; nothing was done.`);
  });

  it('names what would be stopped to make room', () => {
    const evicts = [{ instance: 'low-web-o-0', appId: 'low', service: 'web', priority: -20, node: 'node-1' }];
    const said = text({ placed: [{ resources, to: 'node-1', score: 80, evicts }] });
    expect(said).toContain(`1 instance would be stopped to make room:
INSTANCE     SERVICE  PRIORITY  NODE
low-web-o-0  low/web  -20       node-1`);
    expect(said).toContain('1 instance would start, 1 would be stopped for them; nothing was done.');
  });

  it('counts new instances by node, and says so where nothing would move', () => {
    const placed = ['node-1', 'node-2', 'node-1'].map((to) => ({ resources, to, score: 80 }));
    expect(text({ placed })).toMatch(
      /^NODE {4}NEW INSTANCES\nnode-1 {2}2\nnode-2 {2}1\n\n[^]*3 instances would start; nothing was done\.$/,
    );
    expect(text({ added: ['new-1'] })).toMatch(
      /^New in this plan: new-1\n[^]*No instance would move; nothing was done\.$/,
    );
    expect(text({ unplaced: [{ resources, refused: [] }] })).toContain(
      '1 instance of 0.5 cores, 100 MiB would find no place\nThere would be no node.',
    );
  });

  it('a plan of 1,000 new nodes printed each of their names', () => {
    const added = Array.from({ length: 1_000 }, (_, index) => `new-${index + 1}`);
    expect(text({ added })).toContain('New in this plan: new-1, new-2, ');
    expect(text({ added })).toContain(', new-10 and 990 more\n');
    expect(text({ added: added.slice(0, 2) })).toContain('New in this plan: new-1, new-2\n');
  });
});
