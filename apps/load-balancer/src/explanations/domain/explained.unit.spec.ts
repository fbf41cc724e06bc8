import { expect, it } from 'vitest';
import { explainedPlacementSchema, type NodeRequest, nodeRequested } from '#libs/contracts';
import { place } from '../../placement/domain/place.js';
import { candidate } from '../../placement/domain/place.testing.js';
import { terms } from '../../placement/domain/terms.js';
import { explainedAs, keptExplanation } from './explained.js';

const request: NodeRequest = {
  ...nodeRequested.schema.parse(nodeRequested.example),
  avoidNodes: ['node-9'],
  placement: { constraints: ['disk!=hdd'] },
};
const nodes = Array.from({ length: 10_000 }, (_, index) =>
  candidate(`node-${index}`, {
    ...{ zone: `zone-${index % 3}`, used: { cpu: 0.3, memoryMiB: 100 } },
    reserved: { cpu: index % 2 },
    state: index % 7 === 0 ? 'cordoned' : 'ready',
  }),
);
const known = { failures: new Map([['node-2', 3]]), imageNodes: new Set(['node-2']) };

it('what is kept comes out of JSON as the decision was, with value, weight and points of each term', () => {
  const { explanation } = place(request, nodes, { known });
  const kept = keptExplanation(request, explanation);
  const answered = explainedAs(JSON.parse(JSON.stringify(kept)) as typeof kept);
  for (const [index, { node, points, terms: parts }] of answered.best.entries()) {
    expect(node).toBe(explanation.best[index]?.node);
    expect(parts.reduce((sum, part) => sum + part.points, 0)).toBeCloseTo(points, 2);
    for (const { name, value, weight, points: own } of parts) {
      expect(weight).toBe(terms.find((term) => term.name === name)?.weight);
      expect(value * weight).toBeCloseTo(own, 3);
    }
  }
  expect(answered.refused).toEqual(explanation.refused);
  expect(answered.asked).toMatchObject({ avoidNodes: ['node-9'], placement: request.placement });
  const line = {
    ...answered,
    ...{ accessToken: 't:s:0', appId: 'shop', service: 'web', outcome: 'placed', policy: 'spread' },
    answeredAt: '2026-01-01T00:00:00.000Z',
  };
  expect(explainedPlacementSchema.parse(line)).toEqual(line);
});

it('what is kept is small on a fleet of any size, and names no access token nor when the promise ends', () => {
  const { explanation } = place(request, nodes, { known });
  const text = JSON.stringify(keptExplanation(request, explanation));
  expect(text.length).toBeLessThan(2_000);
  expect(text).not.toContain(request.accessToken);
  expect(text).not.toContain('expiresAt');
  expect(text).not.toContain('imageLayers');
});
