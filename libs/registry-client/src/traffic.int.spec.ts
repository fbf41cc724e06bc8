import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPool, grantPublished, migrate, type Pool } from '#libs/postgres';
import { until } from '#libs/testing';
import { ADD_INSTANCE, createTestRegistry, type TestRegistry } from './registry.testing.js';
import { CARRIER_SCHEMA, TrafficCarriers, trafficTables } from './traffic-carriers.js';
import { type Applied, TrafficWatch } from './traffic-watch.js';

const LEASE_MS = 60_000;

let registry: TestRegistry;
let carrying: Pool;
let watch: TrafficWatch;
const carriers = (leaseMs = LEASE_MS): TrafficCarriers => new TrafficCarriers(carrying, leaseMs);

beforeAll(async () => {
  registry = await createTestRegistry();
  carrying = createPool({ url: registry.database.url, schema: CARRIER_SCHEMA, applicationName: 'test' });
  watch = new TrafficWatch({ pool: registry.reader, listener: registry.listener, pollMs: 60_000 });
  await watch.start();
});
afterAll(async () => {
  await carrying.end();
  await registry.close();
});

it('where no app that carries traffic ever started, nobody is waited for', async () => {
  const nobody = { applied: true, carriers: 0 };
  expect(await watch.untilApplied(1, { timeoutMs: 60_000 })).toEqual(nobody);
  expect(await watch.untilDrained('unknown', { timeoutMs: 60_000 })).toEqual(nobody);
});

it('an app that carries traffic and has not granted its view yet is not waited for, and fails nothing', async () => {
  await migrate(carrying, { schema: CARRIER_SCHEMA, sets: [trafficTables] });
  await carriers().register('gateway-0');
  expect(await watch.untilApplied(1, { timeoutMs: 60_000 })).toEqual({ applied: true, carriers: 0 });
});

describe('a revision', () => {
  beforeAll(async () => {
    const publishes = { deployer: ['carriers'] };
    await migrate(carrying, { schema: CARRIER_SCHEMA, sets: [trafficTables], publishes });
    await grantPublished(carrying, { schema: CARRIER_SCHEMA, readers: publishes });
  });
  beforeEach(() => carrying.query('DELETE FROM carrier_records'));

  /** A wait, and whether it has ended. */
  function waiting(revision: number, timeoutMs = 60_000) {
    let ended: Applied | undefined;
    const done = watch.untilApplied(revision, { timeoutMs }).then((applied) => (ended = applied));
    return { done, ended: () => ended };
  }
  /** Its look at the carriers is over once a second wait, begun later, has looked. */
  const haveLooked = () => watch.untilApplied(Number.MAX_SAFE_INTEGER, { timeoutMs: 0 });

  it('is applied at once where nobody has a lease', async () => {
    expect(await watch.untilApplied(7, { timeoutMs: 60_000 })).toEqual({ applied: true, carriers: 0 });
  });

  it('is applied when the last carrier says so', async () => {
    await carriers().register('gateway-1');
    await carriers().register('gateway-2');
    const wait = waiting(7);
    expect(await carriers().applied('gateway-1', 8)).toBe(true);
    expect(await carriers().applied('gateway-2', 6)).toBe(true);
    await haveLooked();
    expect(wait.ended()).toBeUndefined();
    await carriers().applied('gateway-2', 7);
    expect(await wait.done).toEqual({ applied: true, carriers: 2 });
  });

  it('of a load balancer that had stood still, what it heard of a gateway before said that a busy instance was not', async () => {
    await carriers().register('gateway-1');
    await carriers().applied('gateway-1', 8, ['busy']);
    expect(await carriers().applied('gateway-1', 7, [])).toBe(true);
    const { rows } = await carrying.query('SELECT applied::int AS applied, busy FROM carrier_records');
    expect(rows).toEqual([{ applied: 8, busy: ['busy'] }]);
    await carriers().applied('gateway-1', 8, []);
    expect((await carrying.query('SELECT busy FROM carrier_records')).rows).toEqual([{ busy: [] }]);
  });

  it('is not waited for by one that ends in order, nor by one that dies: its lease lapses', async () => {
    await carriers().register('ending');
    const wait = waiting(7);
    await haveLooked();
    await carriers().release('ending');
    expect(await wait.done).toEqual({ applied: true, carriers: 0 });
    await carriers(300).register('dead');
    expect(await watch.untilApplied(7, { timeoutMs: 60_000 })).toEqual({ applied: true, carriers: 0 });
    const { rows } = await carrying.query<{ lapsed: boolean }>(
      `SELECT lease_until <= clock_timestamp() AS lapsed FROM carrier_records WHERE id = 'dead'`,
    );
    expect(rows).toEqual([{ lapsed: true }]);
  });

  it('is given up at the timeout where a live carrier is stuck, which is named', async () => {
    await carriers().register('stuck');
    await carriers().register('quick');
    await carriers().applied('quick', 7);
    expect(await watch.untilApplied(7, { timeoutMs: 50 })).toEqual({ applied: false, behind: ['stuck'] });
  });

  it('is not waited for any more when the wait is aborted', async () => {
    await carriers().register('stuck');
    const aborting = new AbortController();
    const wait = watch.untilApplied(7, { timeoutMs: 60_000, signal: aborting.signal });
    await haveLooked();
    aborting.abort(new Error('cancelled'));
    await expect(wait).rejects.toThrow('cancelled');
  });
});

describe('a carrier', () => {
  beforeEach(() => carrying.query('DELETE FROM carrier_records'));

  it('that registers anew has applied nothing, and what it has applied never goes back', async () => {
    const appliedOf = async () =>
      (await carrying.query<{ applied: string }>('SELECT applied FROM carriers')).rows[0]?.applied;
    await carriers().register('gateway-1');
    await carriers().applied('gateway-1', 9);
    await carriers().applied('gateway-1', 8);
    expect(await carriers().renew('gateway-1')).toBe(true);
    expect(await appliedOf()).toBe('9');
    await carriers().register('gateway-1');
    expect(await appliedOf()).toBe('0');
  });

  it('whose lease has lapsed learns it: drains went on without it', async () => {
    await carriers(0).register('slow');
    expect(await carriers().renew('slow')).toBe(false);
    expect(await carriers().applied('slow', 9)).toBe(false);
    expect(await carriers().renew('unknown')).toBe(false);
  });
});

describe('an instance that drains', () => {
  beforeEach(() => carrying.query('DELETE FROM carrier_records'));

  it('is out of traffic once the registry shows it and every carrier has applied that', async () => {
    await registry.owner.query(ADD_INSTANCE, ['web-1', 'web', 'running']);
    await carriers().register('gateway-1');
    await carriers().applied('gateway-1', 1);
    let drained: Applied | undefined;
    const wait = watch.untilDrained('web-1', { timeoutMs: 60_000 }).then((applied) => (drained = applied));
    await registry.owner.query(`UPDATE instance_records SET state = 'draining' WHERE name = 'web-1'`);
    const { rows } = await registry.reader.query<{ latest: string }>('SELECT latest FROM registry.revision');
    await watch.untilApplied(Number.MAX_SAFE_INTEGER, { timeoutMs: 0 });
    expect(drained).toBeUndefined();
    await carriers().applied('gateway-1', Number(rows[0]?.latest));
    await until('it to be drained', () => drained);
    expect(await wait).toEqual({ applied: true, carriers: 1 });
  });

  it('is waited for until its last request has ended', async () => {
    await registry.owner.query(ADD_INSTANCE, ['web-2', 'web', 'draining']);
    const { rows } = await registry.reader.query<{ latest: string }>('SELECT latest FROM registry.revision');
    const latest = Number(rows[0]?.latest);
    await carriers().register('gateway-1');
    await carriers().applied('gateway-1', latest, ['web-2', 'other']);
    expect(await watch.untilDrained('web-2', { timeoutMs: 0 })).toEqual({
      ...{ applied: false, behind: ['gateway-1'] },
    });
    expect(await watch.untilApplied(latest, { timeoutMs: 0 })).toEqual({ applied: true, carriers: 1 });
    const wait = watch.untilDrained('web-2', { timeoutMs: 60_000 });
    await carriers().applied('gateway-1', latest, ['other']);
    expect(await wait).toEqual({ applied: true, carriers: 1 });
  });

  it('that the registry does not show in time is told without the name of a carrier', async () => {
    expect(await watch.untilDrained('unknown', { timeoutMs: 30 })).toEqual({ applied: false, behind: [] });
  });
});

describe('a load balancer, which keeps the leases of gateways that follow its feed', () => {
  const schema = 'load_balancer';
  let keeping: Pool;
  beforeAll(async () => {
    await carrying.query('DROP SCHEMA gateway CASCADE');
    keeping = createPool({ url: registry.database.url, schema, applicationName: 'test' });
    const publishes = { deployer: ['carriers'] };
    await migrate(keeping, { schema, sets: [trafficTables], publishes });
    await grantPublished(keeping, { schema, readers: publishes });
  });
  afterAll(() => keeping.end());

  it('holds no drain up before the first gateway, and then as a gateway of its own does', async () => {
    const nobody = { applied: true, carriers: 0 };
    expect(await watch.untilDrained('unknown', { timeoutMs: 60_000 })).toEqual(nobody);
    const kept = new TrafficCarriers(keeping, LEASE_MS);
    await kept.register('edge/1');
    expect(await watch.untilApplied(7, { timeoutMs: 30 })).toEqual({ applied: false, behind: ['edge/1'] });
    await kept.release('edge/1');
    expect(await watch.untilApplied(7, { timeoutMs: 60_000 })).toEqual(nobody);
    // The next gateway may be about to register: the registry has to show the drain first.
    expect(await watch.untilDrained('unknown', { timeoutMs: 30 })).toEqual({ applied: false, behind: [] });
  });

  it('kept the rows of all gateways that ever were', async () => {
    const kept = new TrafficCarriers(keeping, LEASE_MS);
    await kept.register('old');
    await keeping.query(`UPDATE carrier_records SET lease_until = now() - interval '2 hours'`);
    await kept.register('new');
    const { rows } = await keeping.query<{ id: string }>('SELECT id FROM carriers');
    expect(rows).toEqual([{ id: 'new' }]);
  });
});
