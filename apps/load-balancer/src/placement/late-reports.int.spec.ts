import { describe, expect, it } from 'vitest';
import { instanceReported, type NodeAnswer } from '#libs/contracts';
import { transaction, type Transaction } from '#libs/postgres';
import { until } from '#libs/testing';
import { createPlacement, OVER, placementOfFile, requestOf, untilPlacingWaits } from './placement.testing.js';

const { ask, enrol, query, ownPool, report, lapse } = placementOfFile();

const followIn = async (tx: Transaction): Promise<void> => {
  const example = instanceReported.schema.parse(instanceReported.example);
  await createPlacement().follow(tx, { ...example, accessToken: 'late', node: 'node-a', state: 'running' });
};

describe('a late report', () => {
  it('of a promise that lapses while it is handled is waited for: its room is not given to another', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask({ accessToken: 'late' });
    const other = requestOf({ accessToken: 'other' });
    let placed: Promise<NodeAnswer | undefined> | undefined;
    await transaction(ownPool(), async (tx) => {
      await query(`UPDATE reservations SET expires_at = now() + interval '300 ms'`);
      await followIn(tx);
      await until('the promise to lapse', async () => {
        const { rows } = await query('SELECT expires_at < now() AS over FROM reservations');
        return (rows as { over: boolean }[])[0]?.over;
      });
      placed = transaction(ownPool(), (session) => createPlacement().answer(session, other));
      await untilPlacingWaits(query);
    });
    expect((await placed)?.node).toBeUndefined();
    expect((await query(OVER)).rows).toEqual([]);
  });

  it('of one that has lapsed long ago binds it, as ever', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask({ accessToken: 'late' });
    await lapse('late');
    await report('late', 'node-a', 'running');
    expect((await query('SELECT state FROM reservations')).rows).toEqual([{ state: 'bound' }]);
  });
});
