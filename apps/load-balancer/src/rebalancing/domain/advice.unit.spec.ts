import { describe, expect, it } from 'vitest';
import { adviceOf, type AdviceFacts, dueMoves, fullNodes, useOf } from './advice.js';
import { balancingMoves } from './balance.js';
import { fleetWith, heldOn } from './balance.testing.js';
import type { NodeFigures } from './recent-use.js';

const rules = { leastGain: 0.1, above: 0.5, most: 20 };
const known = (used: number, instances: Readonly<Record<string, number>> = {}): NodeFigures => ({
  ...{ kind: 'known', cpus: 4, used },
  instances: new Map(Object.entries(instances)),
});
const [x, y] = [
  { name: 'x', cpu: 1.2 },
  { name: 'y', cpu: 2 },
];
const nodes = { a: { instances: [x, y] }, b: {}, c: { changes: { state: 'cordoned' } } };
const figures: Readonly<Record<string, NodeFigures>> = { a: known(3.2, { x: 1.2, y: 2 }), b: known(0.4) };
const figuresIn =
  (of: Readonly<Record<string, NodeFigures>>) =>
  (node: string): NodeFigures =>
    of[node] ?? { kind: 'gap' };

describe('how busy nodes are', () => {
  const use = (of: object = {}) =>
    useOf({
      ...{
        fleet: fleetWith(nodes).fleet,
        policy: 'spread',
        isWatched: true,
        hasListened: true,
        figuresOf: figuresIn(figures),
      },
      ...of,
    });

  it('is what is measured on the ready ones; others need no figures', () => {
    expect(use()).toEqual({
      ...{ kind: 'known', by: 'measured' },
      uses: new Map([
        ['a', { cpus: 4, used: 3.2 }],
        ['b', { cpus: 4, used: 0.4 }],
      ]),
    });
  });

  it('is not known where one of them has no figures; one that settles is left out', () => {
    expect(use({ figuresOf: figuresIn({ a: figures['a']! }) })).toEqual({
      ...{ kind: 'unknown', by: 'measured', why: 'b: no figures of its agent' },
    });
    const settling = { kind: 'settling' } as const;
    const one = use({ figuresOf: figuresIn({ ...figures, b: settling }) });
    expect(one.kind === 'known' && [...one.uses.keys()]).toEqual(['a']);
    expect(use({ figuresOf: () => settling })).toMatchObject({
      why: expect.stringContaining('long enough') as string,
    });
  });

  it('is what is reserved where no agent watches, but for nodes that are filled on purpose', () => {
    const reserved = use({ isWatched: false });
    expect(reserved).toMatchObject({ kind: 'known', by: 'reserved' });
    expect(reserved.kind === 'known' && reserved.uses.get('a')).toEqual({ cpus: 4, used: 0.2 });
    expect(use({ isWatched: false, policy: 'pack' }).kind).toBe('unknown');
    expect(use({ isWatched: false, hasListened: false }).kind, 'agents may not have been heard yet').toBe(
      'unknown',
    );
    expect(use({ policy: 'pack' }).kind, 'what is measured counts all the same').toBe('known');
  });

  it('is high on full nodes', () => {
    const uses = new Map([
      ['a', { cpus: 4, used: 2 }],
      ['b', { cpus: 4, used: 1.9 }],
    ]);
    expect(fullNodes(uses, 0.5)).toEqual(['a']);
  });
});

describe('the advice', () => {
  const shown = { appId: 'shop', state: 'running', release: 'r', startedAtMs: 0, isCrashing: false };
  const facts = (of: Partial<AdviceFacts> = {}): AdviceFacts => {
    const { fleet } = fleetWith(nodes);
    const figuresOf = figuresIn(figures);
    return {
      ...{
        fleet,
        figuresOf,
        use: useOf({ fleet, policy: 'spread', isWatched: true, hasListened: true, figuresOf }),
        waiting: 0,
      },
      ...{
        held: [heldOn('a', x), heldOn('a', y)],
        nowMs: 100,
        quietMs: 100,
        paused: new Set(),
        movingNodes: new Set(),
      },
      shown: new Map([x, y].map(({ name }) => [name, { ...shown, service: name }])),
      resting: new Set(['shop/x', 'shop/y']),
      ...of,
    };
  };
  const instancesIn = (of: Partial<AdviceFacts>) =>
    adviceOf(facts(of), rules).moves.map(({ seeker }) => seeker.of.instance);

  it('names the moves, the loads, and why others stay', () => {
    const advice = adviceOf(
      facts({ held: [heldOn('a', { ...x, asked: { hasVolumes: true } }), heldOn('a', y)] }),
      rules,
    );
    expect(advice).toMatchObject({
      ...{ by: 'measured', fullest: { node: 'a', share: 0.8 }, emptiest: { node: 'b', share: 0.1 } },
      moves: [{ from: 'a', to: 'b', cpu: 2, seeker: { of: { instance: 'y' } } }],
      staying: [{ reason: 'volumes', instances: 1 }],
    });
  });

  it('is to wait while instances wait for room, or figures are missing', () => {
    expect(adviceOf(facts({ waiting: 1 }), rules)).toMatchObject({
      moves: [],
      waits: 'an instance waits for room, which comes first',
    });
    const use = { kind: 'unknown', by: 'measured', why: 'b: no figures of its agent' } as const;
    expect(adviceOf(facts({ use }), rules)).toEqual({
      by: 'measured',
      waits: use.why,
      moves: [],
      staying: [],
    });
  });

  it('leaves out the nodes of moves that are under way or have just ended', () => {
    expect(instancesIn({ movingNodes: new Set(['c']) })).not.toEqual([]);
    expect(instancesIn({ movingNodes: new Set(['a']) })).toEqual([]);
    expect(instancesIn({ movingNodes: new Set(['b']) })).toEqual([]);
  });

  it('leaves out instances whose own use is not known', () => {
    expect(instancesIn({})).toEqual(['x']);
    const figuresOf = figuresIn({ ...figures, a: known(3.2, { y: 2 }) });
    expect(instancesIn({ figuresOf })).toEqual(['y']);
  });
});

it('of advised moves one of each service and node begins, as far as the limits let it', () => {
  const twins = (service: string, node: string) => [
    { name: `${service}1${node}`, service, cpu: 1.5 },
    { name: `${service}2${node}`, service, cpu: 1.5 },
  ];
  const moves = balancingMoves(
    fleetWith({ a: { instances: twins('v', 'a') }, b: { instances: twins('w', 'b') }, c: {}, d: {} }),
    rules,
  );
  expect(moves.map(({ from, to }) => `${from}${to}`)).toEqual(['bc', 'ad']);
  const due = (open: number, lastHour: number, atOnce: number, anHour = 10, of = moves) =>
    dueMoves(of, { open, lastHour }, { atOnce, anHour }).length;
  expect([due(0, 0, 1), due(0, 0, 5), due(1, 1, 2), due(1, 1, 1), due(2, 2, 1)]).toEqual([1, 2, 1, 0, 0]);
  expect([due(0, 9, 5), due(0, 10, 5), due(0, 12, 5)]).toEqual([1, 0, 0]);
  expect(due(0, 0, 5, 10, [moves[0]!, moves[0]!]), 'of the same service').toBe(1);
});
