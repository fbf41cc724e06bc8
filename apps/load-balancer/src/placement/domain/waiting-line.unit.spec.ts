import { describe, expect, it } from 'vitest';
import type { NodeRequest } from '#libs/contracts';
import { shortfall } from './closest.js';
import { factsOf } from './facts.js';
import { Fleet } from './fleet.js';
import { candidate, wish } from './place.testing.js';
import { heldFrom, holdOf, kindOfRequest, mayHold, missingOf, type WaitingRequest } from './waiting-line.js';

const requestOf = (changes: Partial<NodeRequest> = {}): NodeRequest => ({
  ...{ accessToken: 't', appId: 'shop', service: 'web', resources: { cpu: 1, memoryMiB: 10 } },
  ...{ avoidNodes: [], expiresAt: '2026-01-01T00:15:00Z', waitUntil: '2026-01-01T00:01:00Z' },
  ...changes,
});
const waiting = (changes: Partial<WaitingRequest> = {}): WaitingRequest => ({
  ...{ request: requestOf(), priority: 0, since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:01:00Z' },
  ...{ waitedMs: 0, isDue: false, announced: true, ...changes },
});

describe('the node that is kept for the first in line', () => {
  const hold = { node: 'a', accessToken: 'holder', priority: 3 };

  it.each<[string, Partial<NodeRequest>, readonly string[]]>([
    ['of the same priority', { priority: 3 }, ['a']],
    ['of a lower priority', {}, ['a']],
    ['of a higher priority', { priority: 4 }, []],
    ['that is the holder itself', { accessToken: 'holder', priority: 3 }, []],
  ])('is kept from a request %s: %j -> %j', (_what, changes, held) => {
    expect(heldFrom(requestOf(changes), hold)).toEqual(held);
    expect(heldFrom(requestOf(changes), undefined)).toEqual([]);
  });

  it('is kept from higher priorities as well while others are being stopped there', () => {
    const evicting = { ...hold, evicting: true };
    expect(heldFrom(requestOf({ priority: 100 }), evicting)).toEqual(['a']);
    expect(heldFrom(requestOf({ accessToken: 'holder' }), evicting)).toEqual([]);
    expect(holdOf([waiting({ holds: 'b', evicting: true })])).toMatchObject({ node: 'b', evicting: true });
  });

  it('is kept once that has waited for so long, and for nobody behind it', () => {
    const [first, second] = [waiting({ waitedMs: 10 }), waiting({ waitedMs: 5_000 })];
    expect(mayHold([first, second], 11)).toBeUndefined();
    expect(mayHold([first, second], 10)).toBe(first);
    expect(mayHold([], 0)).toBeUndefined();
  });

  it('is found in the line', () => {
    expect(holdOf([waiting(), waiting({ priority: 2, holds: 'b' })])).toEqual({
      ...{ node: 'b', accessToken: 't', priority: 2 },
    });
    expect(holdOf([waiting()])).toBeUndefined();
  });

  it('is the one with the smallest part missing, of those that could take it if they were empty', () => {
    const fleet = new Fleet('spread');
    fleet.set(candidate('full', { reserved: { cpu: 2 } }));
    fleet.set(candidate('close', { reserved: { cpu: 1.2 } }));
    fleet.set(candidate('small', { total: { cpu: 0.5, memoryMiB: 2_000 } }));
    fleet.set(candidate('cordoned', { state: 'cordoned' }));
    const large = wish({ resources: { cpu: 1, memoryMiB: 100 } });
    expect(fleet.closest(large)).toBe('close');
    expect(fleet.closest(large, 'full')).toBe('full');
    expect(fleet.closest(large, 'cordoned')).toBe('close');
    expect(fleet.closest(wish({ resources: { cpu: 3, memoryMiB: 100 } }))).toBeUndefined();
  });

  it('lacks the largest share of what is asked for of CPU, memory and ports', () => {
    const asked = wish({ resources: { cpu: 1, memoryMiB: 1_000 } });
    const missing = (node: ReturnType<typeof candidate>) => shortfall(node, asked, factsOf(asked, [node]));
    expect(missing(candidate('a', { reserved: { cpu: 1.5 } }))).toBe(0.5);
    expect(missing(candidate('a', { reserved: { cpu: 1.5, memoryMiB: 1_750 } }))).toBe(0.75);
    expect(missing(candidate('a', { takenPorts: new Set([20_000, 20_001, 20_002]) }))).toBe(1);
    expect(missing(candidate('a'))).toBe(0);
    expect(missing(candidate('a', { state: 'cordoned' }))).toBeUndefined();
  });
});

it('requests are of one kind where they ask for the same and the same is kept from them', () => {
  const kind = kindOfRequest(requestOf(), []);
  expect(kindOfRequest(requestOf({ accessToken: 'u', priority: 9, expiresAt: 'later' }), [])).toBe(kind);
  expect(kindOfRequest(requestOf({ service: 'db' }), [])).not.toBe(kind);
  expect(kindOfRequest(requestOf({ onNode: 'a' }), [])).not.toBe(kind);
  expect(kindOfRequest(requestOf(), ['a'])).not.toBe(kind);
});

it('what is missing is said by filter, with how many nodes it rules out', () => {
  const full = candidate('a', { reserved: { cpu: 2 } });
  const fleet = new Fleet('spread');
  for (const node of [
    full,
    candidate('b', { reserved: { cpu: 1.9 } }),
    candidate('c', { state: 'draining' }),
  ])
    fleet.set(node);
  expect(missingOf(fleet.place(wish()).explanation)).toEqual([
    'state: c is draining (rules out 1 node)',
    'cpu: needs 0.5 cores, best free 0.1 on b (rules out 2 nodes)',
  ]);
  expect(missingOf(undefined)).toEqual([]);
});
