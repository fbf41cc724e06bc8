import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NodeRequest } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { checkReservations } from '../../scripts/placement/checks.js';
import { placeOf } from '../../scripts/placement/traffic.js';
import { PlacementRig } from './rig.js';

/** What the backends of a killed replica wait for, so that it dies at exactly that point. */
const GATE = 4_711;
const NODES = [2, 2].map((cpus, n) => ({ name: `node-${n}`, cpus, memoryMiB: 1_024 }));

let rig: PlacementRig | undefined;
beforeAll(async () => {
  rig = await PlacementRig.start(NODES, 2);
});
afterAll(() => rig?.stop());

const requestOf = (): NodeRequest => ({
  ...{ accessToken: uniqueName('token'), appId: 'shop', service: 'web', avoidNodes: [] },
  resources: { cpu: 0.25, memoryMiB: 64 },
  expiresAt: new Date(Date.now() + 600_000).toISOString(),
});

/** The statement of a replica waits there: once its answer is written, or while the transaction is committed. */
const STOPS = {
  'after the answer was written, before COMMIT is sent': '',
  'while COMMIT is carried out': 'DEFERRABLE INITIALLY DEFERRED',
};

it.each(Object.entries(STOPS))(
  'a replica killed between answer and commit loses and doubles nothing: %s',
  async (_, deferred) => {
    const { database, replicas, traffic } = rig as PlacementRig;
    const { pool } = database;
    await pool.query(`
      CREATE OR REPLACE FUNCTION load_balancer.wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE}); RETURN NULL; END $$;
      DROP TRIGGER IF EXISTS gate ON load_balancer.outbox;
      CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON load_balancer.outbox ${deferred}
        FOR EACH ROW EXECUTE FUNCTION load_balancer.wait_at_gate()`);
    const gate = await pool.connect();
    const requests = Array.from({ length: 6 }, requestOf);
    try {
      await gate.query(`SELECT pg_advisory_lock(${GATE})`);
      await traffic.ask(requests);
      const waiting = `SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE datname = current_database() AND locktype = 'advisory' AND objid = ${GATE} AND NOT granted`;
      await until('a replica to be at the gate', async () => (await pool.query(waiting)).rowCount === 1);
      await Promise.all([replicas.kill(0), replicas.kill(1)]);
      expect(traffic.answers.has(requests[0]?.accessToken ?? '')).toBe(false);
    } finally {
      await gate.query(`SELECT pg_advisory_unlock(${GATE})`);
      gate.release();
    }
    await Promise.all([replicas.revive(0), replicas.revive(1)]);
    await until('all answers', () => requests.every(({ accessToken }) => traffic.answers.has(accessToken)), {
      timeoutMs: 40_000,
    });
    const { rows } = await pool.query<{ token: string; place: string; state: string }>(
      `SELECT access_token AS token, node || ':' || port AS place, state FROM load_balancer.reservations
       WHERE access_token = ANY ($1)`,
      [requests.map(({ accessToken }) => accessToken)],
    );
    const answered = requests.map(({ accessToken: token }) => {
      const { answer, others } = traffic.answers.get(token) ?? {};
      expect(others).toEqual([]);
      return { token, place: answer && placeOf(answer), state: 'promised' };
    });
    const byToken = (a: { token: string }, b: { token: string }): number => (a.token < b.token ? -1 : 1);
    expect(rows.sort(byToken)).toEqual(answered.sort(byToken));
    expect(Object.values(await checkReservations(pool)).flat()).toEqual([]);
    expect(replicas.crashes).toEqual([]);
  },
  90_000,
);
