import { describe, expect, it } from 'vitest';
import type { NodeObservation } from '#libs/contracts';
import { Figures } from './figures.js';
import { at, delta, stateOf, whole } from './figures.testing.js';
import { plainPaint } from './progress-lines.js';
import { instancesView, nodesView, type TopOrder } from './top-lines.js';

const wide = { paint: plainPaint, width: Infinity, height: Infinity };

function host(cpu: number, memoryAvailableBytes: number): NodeObservation['host'] {
  const { host: usual } = whole('any', 0);
  return { ...usual, cpu: { ...usual.cpu, user: cpu, system: 0 }, memoryAvailableBytes };
}

/** Four nodes: two with figures, one whose figures are old, one that was never observed. */
function someNodes(): Figures {
  const figures = new Figures();
  figures.takeState(stateOf('node-4', 4, 'unreachable'));
  figures.takeState(stateOf('node-2', 4, 'alive'));
  figures.takeSecond(whole('node-3', 0), at(0));
  figures.takeSecond(whole('node-1', 5, { host: host(0.5, 2 ** 31) }), at(5));
  figures.takeSecond(
    whole('node-2', 5, {
      host: host(3.25, 2 ** 32),
      sizes: { cpus: 16, memoryBytes: 2 ** 37, swapBytes: 0 },
    }),
    at(5),
  );
  return figures;
}

describe('the table of nodes', () => {
  it('has one line a node, gaps last, and says why a node is unreachable', () => {
    expect(nodesView('cpu').lines(someNodes(), at(5), wide)).toMatchInlineSnapshot(`
      [
        "NODE    STATE                CPU  CPU %   LOAD           MEMORY  MEMORY %  DISK FREE      NET IN     NET OUT  INSTANCES   AGE",
        "node-2  alive         3.25 of 16   20 %   0.84   124 of 128 GiB      97 %          -  12.1 KiB/s  95.7 KiB/s          1   0 s",
        "node-1  -              0.50 of 4   13 %   0.84   6.0 of 8.0 GiB      75 %   60.0 GiB  12.1 KiB/s  95.7 KiB/s          1   0 s",
        "node-3  -                      -      -      -                -         -          -           -           -          -   5 s",
        "node-4  unreachable            -      -      -                -         -          -           -           -          -     -",
        "",
        "node-4 is unreachable since 2026-01-01T00:00:00.000Z: 10.80.0.11:22 does not answer",
      ]
    `);
  });

  it('in 80 columns goes without what matters least, and says so', () => {
    const lines = nodesView('cpu').lines(someNodes(), at(5), { ...wide, width: 80 });
    expect(lines).toMatchInlineSnapshot(`
      [
        "NODE    STATE                CPU  CPU %           MEMORY  INSTANCES   AGE",
        "node-2  alive         3.25 of 16   20 %   124 of 128 GiB          1   0 s",
        "node-1  -              0.50 of 4   13 %   6.0 of 8.0 GiB          1   0 s",
        "node-3  -                      -      -                -          -   5 s",
        "node-4  unreachable            -      -                -          -     -",
        "",
        "node-4 is unreachable since 2026-01-01T00:00:00.000Z: 10.80.0.11:22 does not answer",
        "No room for: LOAD, MEMORY %, DISK FREE, NET IN, NET OUT",
      ]
    `);
    expect(Math.max(...lines.slice(0, 5).map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('is no higher than the terminal, and says how much is missing', () => {
    const lines = nodesView('name').lines(someNodes(), at(5), { ...wide, height: 6 });
    expect(lines).toHaveLength(6);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['NODE', 'node-1', 'node-2', '…', '', 'node-4']);
    expect(lines[3]).toBe('… and 2 more');
  });

  it.each<[TopOrder, readonly string[]]>([
    ['cpu', ['node-2', 'node-1', 'node-3', 'node-4']],
    ['memory', ['node-2', 'node-1', 'node-3', 'node-4']],
    ['name', ['node-1', 'node-2', 'node-3', 'node-4']],
  ])('by %s is %j', (order, names) => {
    expect(nodesView(order).answer(someNodes(), at(5))).toMatchObject({
      nodes: names.map((node) => ({ node })),
    });
  });

  it('no figure that changes moves a column, or takes away the room of one', () => {
    const headWith = (cpu: number, bytesPerSecond: number, free: number): string | undefined => {
      const figures = new Figures();
      const network = { inBytesPerSecond: bytesPerSecond, outBytesPerSecond: bytesPerSecond };
      const sizes = { cpus: 16, memoryBytes: 2 ** 34, swapBytes: 0, diskFreeBytes: free };
      figures.takeSecond(
        whole('node-1', 0, { host: { ...host(cpu, free), load1: cpu, network }, sizes }),
        at(0),
      );
      return nodesView('cpu').lines(figures, at(0), { ...wide, width: 110 })[0];
    };
    expect(headWith(0, 0, 0)).toBe(headWith(15.5, 1_000 * 1024, 2 ** 34 - 2 ** 20));
  });

  it('is empty before anything was heard', () => {
    expect(nodesView('cpu').lines(new Figures(), at(0), wide)).toEqual([]);
  });
});

const instance = (name: string, more: object): NodeObservation['instances'][number] => ({
  ...{ instance: name, identity: { container: name, appId: 'shop', service: 'web', release: 'r' } },
  ...more,
});

describe('the table of instances', () => {
  const instances = [
    instance('web-0', { usage: { cpu: 0.1, memoryBytes: 2 ** 29 } }),
    instance('web-1', {
      ...whole('any', 0).instances[0],
      ...instance('web-1', {
        usage: {
          cpu: 0.25,
          cpuPeak: 0.9,
          throttled: { share: 0.5, secondsPerSecond: 1 },
          memoryBytes: 2 ** 26,
          oomKills: 2,
        },
      }),
    }),
    instance('web-2', { usage: null }),
  ];

  it('has one line an instance; what is not known and what is a gap is a dash', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0, { instances }), at(0));
    expect(instancesView('shop', 'cpu').lines(figures, at(0), wide)).toMatchInlineSnapshot(`
      [
        "SERVICE  INSTANCE  NODE             CPU   PEAK  THROTTLED           MEMORY  RESTARTS  OOM KILLS      NET IN     NET OUT   AGE",
        "web      web-1     node-1  0.25 of 0.25   0.90       50 %  64.0 of 128 MiB         0          2  10.0 KiB/s  88.9 KiB/s   0 s",
        "web      web-0     node-1          0.10      -          -          512 MiB         -          -           -           -   0 s",
        "web      web-2     node-1             -      -          -                -         -          -           -           -   0 s",
      ]
    `);
    expect(instancesView('shop', 'memory').answer(figures, at(0))).toMatchObject({
      ...{ appId: 'shop', instances: [{ instance: 'web-0' }, { instance: 'web-1' }, { instance: 'web-2' }] },
    });
  });

  it('has the scores that the load balancer says, and a dash where it says none', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0, { instances }), at(0));
    figures.takeScores([
      {
        ...{ instance: 'web-1', appId: 'shop', service: 'web', node: 'node-1' },
        ...{ overall: 71.6, state: 'LU', used: {}, at: new Date(at(0)).toISOString() },
      },
    ]);
    const [head, ...lines] = instancesView('shop', 'cpu').lines(figures, at(0), wide);
    expect([head, ...lines].map((line) => line?.slice(0, 40).trimEnd())).toEqual([
      'SERVICE  INSTANCE  NODE       SCORE',
      'web      web-1     node-1     72 LU  0.2',
      'web      web-0     node-1         -',
      'web      web-2     node-1         -',
    ]);
    expect(instancesView('shop', 'cpu').answer(figures, at(0))).toMatchObject({
      instances: [{ score: { overall: 71.6, state: 'LU' } }, { score: null }, { score: null }],
    });
  });

  it('says where nothing of an application runs, and not before figures came', () => {
    const figures = new Figures();
    const view = instancesView('other', 'cpu');
    figures.takeSecond(delta('node-1', 0, { since: 9 }), at(0));
    expect(view.lines(figures, at(0), wide)).toEqual([]);
    figures.takeSecond(whole('node-1', 1), at(1));
    expect(view.lines(figures, at(1), wide)).toEqual([
      'No instance of other runs on the 1 node with figures.',
      'next: slipway status other',
    ]);
  });
});
