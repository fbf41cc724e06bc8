import { expect, it } from 'vitest';
import { AGENT_SILENT_MS, nodeState } from '#libs/contracts';
import { NodeFigures } from './node-figures.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');

function underTest() {
  let nowMs = START;
  const changes: (readonly [string, boolean])[] = [];
  const figures = new NodeFigures({
    now: () => new Date(nowMs),
    onChange: (node, measured) => changes.push([node, measured !== undefined]),
  });
  return {
    ...{ figures, changes },
    at: (ms: number): void => void (nowMs = START + ms),
    state: (ms: number, { fence = 7, cpus = 4 } = {}): void =>
      figures.take({
        key: 'node-1',
        data: {
          ...nodeState.example,
          ...{ fence, observedAt: new Date(START + ms).toISOString() },
          sizes: { cpus, memoryBytes: 1_048_576 },
        },
      }),
    cpus: () => figures.of('node-1')?.machine?.cpu,
  };
}

it('a node is measured as its newest state says, whatever order states come in', () => {
  const { state, cpus } = underTest();
  state(2_000);
  state(1_000, { cpus: 1 });
  state(3_000, { cpus: 1, fence: 6 });
  expect(cpus()).toBe(4);
  state(0, { cpus: 2, fence: 8 });
  expect(cpus()).toBe(2);
});

it('what is older than half a minute is not known: silence is no zero', () => {
  const { figures, changes, at, state, cpus } = underTest();
  state(0);
  at(AGENT_SILENT_MS);
  figures.expire();
  expect(cpus()).toBe(4);
  at(AGENT_SILENT_MS + 1);
  expect(cpus()).toBeUndefined();
  figures.expire();
  expect(changes).toEqual([
    ['node-1', true],
    ['node-1', false],
  ]);
  // After a restart, the topic still holds the last state of a node that nobody watches.
  state(1_000 - AGENT_SILENT_MS, { fence: 9 });
  expect([cpus(), changes.length]).toEqual([undefined, 2]);
});

it('a node that was removed is not known any more, and what is no state changes nothing', () => {
  const { figures, state, cpus } = underTest();
  state(0);
  figures.take({ key: 'node-1', data: { ...nodeState.example, fence: 'x' } });
  expect(cpus()).toBe(4);
  figures.take({ key: 'node-1', data: '' });
  expect(cpus()).toBeUndefined();
  state(0, { fence: 1, cpus: 3 });
  expect(cpus()).toBe(3);
});
