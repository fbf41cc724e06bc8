import { expect, it } from 'vitest';
import { instanceReported } from '#libs/contracts';
import type { SeenContainer } from '../rollout/domain/seen-container.js';
import type { Crashing } from './domain/crash.js';
import type { NodeInstance } from './ports.js';
import { reportCrashes } from './report-crashes.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const known = { restarts: 2, since: '2025-12-31T23:59:00.000Z' };
const report = instanceReported.schema.parse(instanceReported.example);

const instance = (name: string, crashing?: Crashing): NodeInstance => ({
  ...{ name, node: 'node-1', container: `c-${name}`, state: 'running', busy: false, taskId: 't/web' },
  ...{ appId: 'shop', service: 'web' },
  ...{ stop: { signal: 'SIGTERM', graceMs: 10 }, report: { ...report, crashing } },
});
const listed = (name: string, hasJustStarted: boolean): SeenContainer => ({
  ...{ id: `c-${name}`, name, status: 'running', createdAt: 0, labels: {}, hasJustStarted },
});

/** What was asked of the engine and what was reported, in a look at these. */
async function look(
  instances: readonly NodeInstance[],
  containers: readonly SeenContainer[],
  restarts: Readonly<Record<string, number>> = {},
) {
  const asked: string[] = [];
  const reported: [string, Crashing | undefined][] = [];
  const ports = {
    engines: {
      container: (_: string, id: string) => {
        asked.push(id);
        const restartCount = restarts[id];
        const found = containers.find((container) => container.id === id);
        return Promise.resolve(
          restartCount === undefined || found === undefined
            ? undefined
            : { ...found, hasJustStarted: undefined, restartCount },
        );
      },
    },
    store: { reportCrash: async ({ name }: NodeInstance, now?: Crashing) => void reported.push([name, now]) },
    clock: { now: () => NOW },
    answerMs: 1_000,
  };
  await reportCrashes(ports, 'node-1', instances, containers);
  return { asked, reported };
}

it('a service that crashes again and again was shown as running for ever', async () => {
  const { reported } = await look([instance('a')], [listed('a', true)], { 'c-a': 1 });
  expect(reported).toEqual([['a', { restarts: 1, since: NOW.toISOString() }]]);
});

it('each further restart is reported, and nothing where there is none', async () => {
  const look1 = await look([instance('a', known)], [listed('a', true)], { 'c-a': 3 });
  expect(look1.reported).toEqual([['a', { ...known, restarts: 3 }]]);
  const look2 = await look([instance('a', known)], [listed('a', true)], { 'c-a': 2 });
  expect(look2.reported).toEqual([]);
});

it('one that holds again is reported as running, and the engine is not asked', async () => {
  expect(await look([instance('a', known)], [listed('a', false)])).toEqual({
    asked: [],
    reported: [['a', undefined]],
  });
});

it('only those that have just started are asked for, and one that is gone meanwhile is left alone', async () => {
  const instances = [instance('a'), instance('b'), instance('c', known)];
  const containers = [listed('a', true), listed('b', false), listed('c', true)];
  expect(await look(instances, containers, { 'c-a': 0 })).toEqual({ asked: ['c-a', 'c-c'], reported: [] });
});
