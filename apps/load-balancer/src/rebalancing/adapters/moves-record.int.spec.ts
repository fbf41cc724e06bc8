import { beforeEach, expect, it } from 'vitest';
import { transaction } from '#libs/postgres';
import { placementOfFile } from '../../placement/placement.testing.js';
import type { RebalancingOptions } from '../ports.js';
import { readFacts } from './balance-facts.js';
import {
  addMoves,
  countMoves,
  endMove,
  endUnanswered,
  keepAdvice,
  PostgresRebalancingRecord,
} from './moves-record.js';

const { ownPool, query } = placementOfFile();
const limits = { atOnce: 1, anHour: 10, leastGain: 0.1, above: 0.5, quietMs: 60_000, overMs: 60_000 };
const shown = (mode: RebalancingOptions['mode'] = 'act') =>
  new PostgresRebalancingRecord(ownPool(), { mode, ...limits }).show();
const inOne = <T>(work: Parameters<typeof transaction<T>>[1]): Promise<T> => transaction(ownPool(), work);
const counts = () => inOne(countMoves);
const facts = () => inOne((tx) => readFacts(tx, limits));

const move = (service: string) => ({
  ...{ appId: 'shop', appName: 'Shop', service, instance: `${service}-0`, cpu: 1, from: 'a', to: 'b' },
  improves: { from: { before: 0.9, after: 0.5 }, to: { before: 0.1, after: 0.5 } },
});
const add = (...services: readonly string[]) =>
  inOne((tx) =>
    addMoves(
      tx,
      services.map((service) => ({ token: `rebalance-${service}`, move: move(service) })),
    ),
  );
const grow = (service: string, minutes: number) =>
  query(`UPDATE rebalancing_moves SET asked_at = asked_at - interval '${minutes} min',
           ended_at = ended_at - interval '${minutes} min' WHERE service = '${service}'`);

beforeEach(() => add('web', 'api'));

it('counts moves under way and of the last hour, and keeps their services and nodes out of the next ones', async () => {
  expect(await counts()).toEqual({ open: 2, lastHour: 2 });
  expect([...(await facts()).movingNodes].toSorted()).toEqual(['a', 'b']);
  await inOne((tx) => endMove(tx, { token: 'rebalance-web', status: true }));
  await inOne((tx) => endMove(tx, { token: 'rebalance-api', status: false }));
  expect(await counts()).toEqual({ open: 0, lastHour: 2 });
  const rests = await facts();
  expect([[...rests.paused], [...rests.movingNodes].toSorted()]).toEqual([['shop/api'], ['a', 'b']]);
  await grow('web', 2);
  await grow('api', 61);
  expect(await counts()).toEqual({ open: 0, lastHour: 1 });
  const later = await facts();
  expect([later.paused.size, later.movingNodes.size]).toEqual([0, 0]);
});

it('a move that nobody answers ends, and holds up no others; a late answer changes nothing', async () => {
  await grow('web', 21);
  expect(await inOne((tx) => endUnanswered(tx, 20 * 60_000))).toBe(1);
  expect(await inOne((tx) => endMove(tx, { token: 'rebalance-web', status: true }))).toBe(false);
  expect(await counts()).toEqual({ open: 1, lastHour: 2 });
  expect(await shown()).toMatchObject({
    underWay: [{ service: 'api' }],
    ended: [{ service: 'web', succeeded: false, error: { code: 'DEADLINE_EXCEEDED' } }],
  });
});

it('shows what was advised last, and nothing of it once that is switched off', async () => {
  expect(await shown()).toMatchObject({ advised: [], limits });
  const advice = { by: 'measured' as const, advised: [move('web')], staying: [] };
  await inOne((tx) => keepAdvice(tx, new Date(0), advice));
  await inOne((tx) => keepAdvice(tx, new Date(1), { ...advice, advised: [move('api')] }));
  expect(await shown('advise')).toMatchObject({
    ...{ mode: 'advise', at: '1970-01-01T00:00:00.001Z', by: 'measured', advised: [move('api')] },
  });
  const off = await shown('off');
  expect(off).toMatchObject({ mode: 'off', advised: [] });
  expect(off).not.toHaveProperty('at');
});
