import { describe, expect, it } from 'vitest';
import { Figures } from './figures.js';
import { at, delta, stateOf, whole } from './figures.testing.js';

const first = (figures: Figures, nowMs: number) => figures.nodeRows(nowMs)[0];

describe('figures of nodes', () => {
  it('are those of the last second: a whole, then what is different', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0));
    figures.takeSecond(delta('node-1', 1, { gone: ['shop-app-server-8d2f01ac-0'] }), at(1));
    expect(first(figures, at(1))).toMatchObject({
      ...{ node: 'node-1', ageMs: 0, liveness: null },
      figures: { cpu: 0.73, cpus: 4, memoryUsedBytes: 3_221_225_472, instances: 0 },
    });
  });

  it('a stale figure is never shown as a fresh one', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0));
    expect(first(figures, at(2.9))).toMatchObject({ ageMs: 2_900, figures: { cpu: 0.73 } });
    expect(first(figures, at(3))).toMatchObject({ ageMs: 3_000, figures: null });
    expect(figures.instanceRows('shop', at(3))).toMatchObject([{ ageMs: 3_000, figures: null }]);
  });

  it('a second that was missed is a gap until the next whole, also while messages come', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0));
    figures.takeSecond(delta('node-1', 2), at(2));
    expect(first(figures, at(2))).toMatchObject({ ageMs: 2_000, figures: null });
    expect(figures.instanceRows('shop', at(2))).toMatchObject([{ figures: null }]);
    figures.takeSecond(whole('node-1', 3), at(3));
    expect(first(figures, at(3))).toMatchObject({ ageMs: 0, figures: { cpu: 0.73 } });
  });

  it('before the first whole a node is known, without figures', () => {
    const figures = new Figures();
    figures.takeSecond(delta('node-1', 4), at(4));
    expect(first(figures, at(4))).toMatchObject({ node: 'node-1', ageMs: null, figures: null });
  });

  it.each([-3_600_000, 0, 3_600_000])('a clock that is %d ms ahead changes no age', (aheadMs) => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0) + aheadMs);
    figures.takeSecond(whole('node-2', 1), at(5) + aheadMs);
    const ages = figures.nodeRows(at(5) + aheadMs).map(({ ageMs }) => ageMs);
    expect(ages).toEqual([5_000, 4_000]);
  });

  it('a message of a replica that watches the node no more changes nothing', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 5, { fence: 2 }), at(5));
    figures.takeSecond(whole('node-1', 6, { fence: 1, instances: [] }), at(6));
    expect(first(figures, at(6))).toMatchObject({ ageMs: 1_000, figures: { instances: 1 } });
  });

  it('what was silent for half a minute is not shown, unless its state is known', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0));
    figures.takeSecond(whole('node-2', 0), at(0));
    figures.takeState(stateOf('node-2', 29, 'unreachable'));
    expect(figures.nodeRows(at(29)).map(({ node }) => node)).toEqual(['node-1', 'node-2']);
    expect(figures.nodeRows(at(30))).toMatchObject([
      { node: 'node-2', ageMs: 30_000, liveness: { state: 'unreachable' } },
    ]);
    expect(figures.instanceRows('shop', at(30))).toEqual([]);
  });

  it('a state is not believed once three of them are missing, nor of a lower fence', () => {
    const figures = new Figures();
    figures.takeState({ ...stateOf('node-1', 0, 'alive'), fence: 2 });
    figures.takeState(stateOf('node-1', 1, 'unreachable'));
    expect(first(figures, at(29))).toMatchObject({ liveness: { state: 'alive' } });
    expect(first(figures, at(30))).toMatchObject({ liveness: null });
  });

  it('a node that was removed is not shown; one of its name that is observed is', () => {
    const figures = new Figures();
    figures.takeState(stateOf('node-1', 0, 'alive'));
    figures.removed('node-1');
    expect(figures.nodeRows(at(1))).toEqual([]);
    figures.takeSecond(whole('node-1', 1), at(1));
    figures.removed('node-1');
    expect(first(figures, at(1))).toMatchObject({ liveness: null, figures: { cpu: 0.73 } });
  });
});

describe('figures of instances', () => {
  it('are those of one application', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0));
    expect(figures.instanceRows('other', at(0))).toEqual([]);
    expect(figures.instanceRows('shop', at(0))).toEqual([
      {
        ...{ service: 'app-server', instance: 'shop-app-server-8d2f01ac-0', node: 'node-1', ageMs: 0 },
        ...{ release: 'shop-app-server-3f2a9c1d4e5b', score: null },
        figures: {
          ...{ cpu: 0.241, cpuLimit: 0.25, cpuPeak: 0.88, throttledShare: 0.3, restarts: 0, oomKills: 0 },
          ...{ memoryBytes: 73_400_320, memoryLimitBytes: 134_217_728 },
          ...{ inBytesPerSecond: 10_200, outBytesPerSecond: 91_000 },
        },
      },
    ]);
  });

  it('an instance can have a gap of its own', () => {
    const figures = new Figures();
    figures.takeSecond(whole('node-1', 0), at(0));
    const instances = [{ instance: 'shop-app-server-8d2f01ac-0', usage: null }];
    figures.takeSecond(delta('node-1', 1, { instances }), at(1));
    expect(figures.instanceRows('shop', at(1))).toMatchObject([{ figures: null }]);
    expect(first(figures, at(1))).toMatchObject({ figures: { instances: 1 } });
  });
});
