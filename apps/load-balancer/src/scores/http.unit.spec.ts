import { describe, expect, it } from 'vitest';
import { scoreRoutes } from '#libs/contracts';
import { ScoresController } from './http.js';
import type { InstanceScore } from './ports.js';

const score = (instance: string, changes: Partial<InstanceScore> = {}): InstanceScore => ({
  ...{ instance, appId: 'shop', service: 'web', node: 'node-1', container: `id-of-${instance}` },
  ...{ cpu: 80, memory: 60, network: 100, overall: 70, state: 'LU', used: { cpuPercent: 20 }, at: 0 },
  ...changes,
});
const controller = (...scores: readonly InstanceScore[]): ScoresController =>
  new ScoresController({ all: () => new Map(scores.map((one) => [one.instance, one])) });
const asked = (query: object) => ({
  params: undefined,
  query: scoreRoutes.scores.query.parse(query),
  body: undefined,
});

describe('GET /v1/scores', () => {
  it('has pages by the names of instances', async () => {
    const scores = controller(score('c'), score('a'), score('b'));
    const first = await scores.scores(asked({ limit: 2 }));
    expect(first.items.map(({ instance }) => instance)).toEqual(['a', 'b']);
    const second = await scores.scores(asked({ limit: 2, after: first.next }));
    expect(second).toMatchObject({ items: [{ instance: 'c' }] });
    expect(second).not.toHaveProperty('next');
  });

  it('is limited to an application, a service, a node or a state', async () => {
    const scores = controller(
      score('a'),
      score('b', { service: 'api', state: 'HU' }),
      score('c', { appId: 'other', node: 'node-2' }),
    );
    const found = async (query: object) =>
      (await scores.scores(asked(query))).items.map(({ instance }) => instance).join('');
    expect(await found({ appId: 'shop' })).toBe('ab');
    expect(await found({ appId: 'shop', service: 'api' })).toBe('b');
    expect(await found({ node: 'node-2' })).toBe('c');
    expect(await found({ state: 'HU' })).toBe('b');
  });

  it('answers what its schema says, without what was not measured', async () => {
    const answer = await controller(score('a')).scores(asked({}));
    expect(scoreRoutes.scores.answers[200].schema.parse(answer)).toEqual({
      items: [
        {
          ...{ instance: 'a', appId: 'shop', service: 'web', node: 'node-1' },
          ...{ cpu: 80, memory: 60, network: 100, overall: 70, state: 'LU', used: { cpuPercent: 20 } },
          at: '1970-01-01T00:00:00.000Z',
        },
      ],
    });
  });
});

it('GET /stats has the shape of RustyBalancer, and 100 for what was not measured', async () => {
  expect(await controller(score('a', { state: 'SUNDOWN' })).stats()).toEqual([
    {
      ...{ id: 'id-of-a', name: 'a', cpu_score: 80, memory_score: 60, network_score: 100 },
      ...{ availability_score: 100, overall_score: 70, utilization_category: 'SUNDOWN' },
    },
  ]);
});
