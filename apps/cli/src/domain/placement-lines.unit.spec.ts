import { describe, expect, it } from 'vitest';
import type { ExplainedPlacement } from '#libs/contracts';
import { placementLines } from './placement-lines.js';
import { plainPaint } from './progress-lines.js';

const term = (name: string, value: number, weight: number) => ({
  ...{ name, value, weight },
  points: value * weight,
});
const placed: ExplainedPlacement = {
  ...{
    accessToken: 'order-4711:web:0',
    appId: 'shop',
    service: 'web',
    answeredAt: '2026-01-01T00:00:00.000Z',
  },
  ...{ outcome: 'placed', node: 'node-1', port: 20_000, score: 85, policy: 'spread', nodes: 3 },
  asked: { resources: { cpu: 0.5, memoryMiB: 100 } },
  best: [
    { node: 'node-1', points: 85, terms: [term('allocation', 0.85, 100), term('nodes', 0, 10)] },
    { node: 'node-2', points: 62.5, terms: [term('allocation', 0.725, 100), term('nodes', -1, 10)] },
  ],
  refused: [{ filter: 'state', nodes: 1, missing: 'node-3 is cordoned', closest: 'node-3' }],
};
const text = (changes: Partial<ExplainedPlacement> = {}): string =>
  placementLines({ ...placed, ...changes }, plainPaint).join('\n');

describe('why an instance is where it is', () => {
  it('is a table of the best nodes with their terms, and of what ruled out the others', () => {
    expect(text()).toBe(
      `shop/web  order-4711:web:0
 ✔ placed on node-1, port 20000, score 85: of 3 nodes, policy spread, at 2026-01-01T00:00:00.000Z
     asked for 0.5 cores, 100 MiB; a port

NODE      POINTS  ALLOCATION          NODES
node-1 *  85      85 (0.85 x 100)     0 (0 x 10)
node-2    62.5    72.5 (0.725 x 100)  -10 (-1 x 10)

* node-1 has 22.5 points more than node-2, most of them by allocation.

1 of 3 nodes is ruled out, each by the first filter that refuses it:
FILTER  NODES  CLOSEST             TO CHANGE THAT
state   1      node-3 is cordoned  slipway node show node-3`,
    );
  });

  it('names who was asked to make room for it', () => {
    const evicted = [
      { instance: 'low-web-o-0', appId: 'low', service: 'web', priority: -20, node: 'node-1' },
    ];
    expect(text({ evicted })).toContain(`Asked to make room for it while it waited:
INSTANCE     SERVICE  PRIORITY  NODE
low-web-o-0  low/web  -20       node-1`);
    expect(text()).not.toContain('make room');
  });

  it('says when the node was the only one, equal to another, or not the one with the most points', () => {
    const [first, second] = placed.best;
    if (first === undefined || second === undefined) throw new Error('expected two nodes');
    expect(text({ best: [first] })).toContain('* node-1 is the only node that takes it.');
    expect(text({ best: [first, { ...first, node: 'node-2' }] })).toContain('comes first by its name');
    expect(text({ node: 'node-2' })).toContain(
      '* node-2 was taken: at that moment, another instance was being placed on node-1.',
    );
  });

  it('of a refusal says how much is missing, and what would have to change', () => {
    const { node: _node, port: _port, score: _score, ...rest } = placed;
    const refused: ExplainedPlacement = {
      ...{ ...rest, outcome: 'refused', best: [] },
      asked: {
        resources: { cpu: 2, memoryMiB: 100 },
        ...{ needsPort: false, placement: { constraints: ['disk=ssd'], antiAffinity: ['db'] } },
      },
      refused: [
        {
          ...{
            filter: 'cpu',
            nodes: 1,
            missing: 'needs 2 cores, best free 1.4 on node-3',
            closest: 'node-3',
          },
          quantity: { unit: 'cores', needed: 2, free: 1.4 },
        },
        {
          ...{
            filter: 'memory',
            nodes: 1,
            missing: 'needs 100 MiB, best free -20 on node-2',
            closest: 'node-2',
          },
          quantity: { unit: 'MiB', needed: 100, free: -20 },
        },
        { filter: 'of-a-later-version', nodes: 1, missing: 'node-1 is blue', closest: 'node-1' },
      ],
    };
    expect(placementLines(refused, plainPaint)).toEqual([
      'shop/web  order-4711:web:0',
      ' ✖ no node takes it: of 3 nodes, policy spread, at 2026-01-01T00:00:00.000Z',
      '     asked for 2 cores, 100 MiB; no port; disk=ssd; not beside db',
      '',
      '3 of 3 nodes are ruled out, each by the first filter that refuses it:',
      'FILTER              NODES  CLOSEST                                 TO CHANGE THAT',
      'cpu                 1      needs 2 cores, best free 1.4 on node-3  0.6 cores more on node-3, or ask for 1.4 cores at most',
      'memory              1      needs 100 MiB, best free -20 on node-2  100 MiB more on node-2',
      'of-a-later-version  1      node-1 is blue                          -',
    ]);
  });

  it('of a disk that is too small says how much more it needs: no config asks for less', () => {
    const disk = {
      ...{ filter: 'disk', nodes: 1, closest: 'node-3' },
      missing: "the image's missing layers need 1.2 GB, best free 0.8 on node-3",
      quantity: { unit: 'GB', needed: 1.2, free: 0.8 },
    };
    expect(text({ nodes: 1, best: [], refused: [disk] })).toMatch(
      /disk +1 +the image's missing layers need 1.2 GB, best free 0.8 on node-3 +0.4 GB more on node-3$/m,
    );
  });

  it.each([
    ['held', /wait until the one that it is kept for is placed: slipway status shows it$/m],
    ['busy', /another instance was being placed there at that moment$/m],
    ['move-target', /a move has one target$/m],
  ])('of the filter %s said nothing about what would have to change', (filter, way) => {
    const refused = [{ filter, nodes: 1, closest: 'node-3', missing: 'node-3 is refused' }];
    expect(text({ refused })).toMatch(way);
  });

  it('says where a move was to go', () => {
    expect(text({ asked: { ...placed.asked, toNode: 'node-2' } })).toContain('; moved to node-2');
  });

  it('says so where there is no node at all', () => {
    expect(text({ nodes: 0, best: [], refused: [] })).toContain('No node is enrolled.');
  });
});
