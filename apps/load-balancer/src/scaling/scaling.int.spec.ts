import { describe, expect, it } from 'vitest';
import { RegistryScaledServices } from './adapters/registry-services.js';
import { decide } from './domain/decide.js';
import { inputOf, policyOf, T0 } from './domain/scaling.testing.js';
import { changeOf, scalingDatabaseOfFile, tenSeconds, web } from './scaling-database.testing.js';

const db = scalingDatabaseOfFile();
const { leasesOf, recordFor, rows, answer } = db;

describe('leases', () => {
  it('one holds a service, and its fence rises with each take-over only', async () => {
    const [one, other] = [leasesOf('one'), leasesOf('other')];
    const [first] = await one.hold([web]);
    expect(await other.hold([web])).toEqual([]);
    expect(await one.hold([web])).toEqual([first]);
    await one.end();
    // As it has ended, it is another one.
    const [second] = await other.hold([web]);
    expect(second?.fence).toBeGreaterThan(first?.fence ?? Infinity);
    expect(await one.hold([web])).toEqual([]);
  });

  it('a replica that was late to renew lost its own lease, and with it what it remembered', async () => {
    const [one, other] = [leasesOf('one'), leasesOf('other')];
    const [first] = await one.hold([web]);
    await db.pool.query(`UPDATE scaling_leases SET until = now() - interval '5 s'`);
    expect(await one.hold([web])).toEqual([first]);
    expect(await other.hold([web])).toEqual([]);
    await db.pool.query(`UPDATE scaling_leases SET until = now() - interval '5 s'`);
    const [second] = await other.hold([web]);
    expect(second?.fence).toBeGreaterThan(first?.fence ?? Infinity);
    expect(await one.hold([web])).toEqual([]);
  });

  it('many that take at once get each service once', async () => {
    const services = Array.from({ length: 20 }, (_, index) => ({ appId: 'shop', service: `s${index}` }));
    const held = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => leasesOf(holder).hold(services)));
    expect(
      held
        .flat()
        .map(({ service }) => service)
        .toSorted(),
    ).toEqual(services.map(({ service }) => service).toSorted());
  });

  it('what was kept is what the next one finds', async () => {
    const [one, other] = [leasesOf('one'), leasesOf('other')];
    const [held] = await one.hold([web]);
    const { kept } = changeOf(1);
    expect(await one.kept(web)).toBeUndefined();
    await one.keep([{ ...web, fence: held?.fence ?? 0, kept }]);
    await one.end();
    await other.hold([web]);
    expect(await other.kept(web)).toEqual(kept);
    await one.keep([{ ...web, fence: held?.fence ?? 0, kept: { ...kept, asking: {} } }]);
    expect(await other.kept(web)).toEqual(kept);
  });
});

describe('decisions', () => {
  it('a change is a row and a request with its fence', async () => {
    const [held] = await leasesOf('one').hold([web]);
    expect(await recordFor('one').change(changeOf(held?.fence ?? 0))).toBe(true);
    expect(await rows('SELECT reason, from_count, to_count, token FROM scaling_decisions')).toEqual([
      { reason: 'panic', from_count: 2, to_count: 4, token: 'scaling-1' },
    ]);
    // So long it is asked for; then it is decided anew.
    const validUntil = new Date(T0 + 30_000).toISOString();
    expect(await rows('SELECT topic, data FROM outbox')).toMatchObject([
      {
        topic: 'scale.requests',
        data: { ...web, to: 4, fence: held?.fence, principal: 'slipway:scaling', validUntil },
      },
    ]);
  });

  it('without the lease nothing is written, nor with one of before', async () => {
    const [held] = await leasesOf('one').hold([web]);
    const fence = held?.fence ?? 0;
    expect(await recordFor('other').change(changeOf(fence))).toBe(false);
    await leasesOf('one').end();
    expect(await recordFor('one').change(changeOf(fence))).toBe(false);
    await leasesOf('one').hold([web]);
    expect(await recordFor('one').change(changeOf(fence))).toBe(false);
    expect(await rows('SELECT FROM scaling_decisions')).toEqual([]);
    expect(await rows('SELECT FROM outbox')).toEqual([]);
  });

  it('its answer is kept once', async () => {
    const [held] = await leasesOf('one').hold([web]);
    await recordFor('one').change(changeOf(held?.fence ?? 0));
    const error = { code: 'NO_NODE', message: 'no room' };
    await answer({ token: 'scaling-1', status: false, error: { ...error, hint: '' } });
    await answer({ token: 'scaling-1', status: true });
    expect(await rows('SELECT succeeded, error FROM scaling_decisions')).toEqual([
      { succeeded: false, error },
    ]);
    expect(await leasesOf('one').answers(['scaling-1', 'scaling-2'])).toEqual(
      new Map([['scaling-1', false]]),
    );
  });

  it('what changes nothing is one row, however long it goes on', async () => {
    const { explanation } = decide(inputOf(policyOf()));
    const decision = {
      reason: 'missing',
      since: T0,
      until: T0,
      times: 1,
      explanation,
      isUnwritten: true,
    } as const;
    const record = recordFor('one');
    await record.unchanged([{ ...web, fence: 1, decision }]);
    const later = { ...decision, until: T0 + 9_000, times: 10 };
    await record.unchanged([{ ...web, fence: 1, decision: later }]);
    expect(
      await rows(`SELECT reason, times, until - decided_at = interval '9 s' AS lasts FROM scaling_decisions`),
    ).toEqual([{ reason: 'missing', times: 10, lasts: true }]);
    // Whoever takes over goes on with it, until it has been over for a minute.
    expect(await record.goingOn(web, T0 + 60_000)).toEqual([{ ...later, isUnwritten: false }]);
    expect(await record.goingOn(web, T0 + 70_000)).toEqual([]);
    const [held] = await leasesOf('one').hold([web]);
    await record.change({ ...changeOf(held?.fence ?? 0), at: T0 + 20_000 });
    expect(await record.goingOn(web, T0 + 60_000)).toEqual([]);
  });
});

it('a minute of figures is the mean of its records, also when a replica missed to write it', async () => {
  const record = recordFor('one');
  for (const [at, inFlight] of [
    [0, 10],
    [50, 20],
    [70, 60],
    [120, 5],
  ] as const)
    await record.figures([{ ...web, recorded: tenSeconds(at, inFlight) }]);
  const minutes = await rows(
    `SELECT figures -> 'seen' AS seen, figures -> 'sample' -> 'concurrency' AS load
     FROM scaling_figures WHERE seconds = 60 ORDER BY at`,
  );
  expect(minutes).toEqual([
    { seen: 20, load: 15 },
    { seen: 10, load: 60 },
  ]);
});

it('reads the services with a policy, what runs of them, and whether a rollout is under way', async () => {
  expect(await new RegistryScaledServices(db.pool).read()).toEqual([]);
  await db.wants('web', 3, policyOf({ max: 5 }), 'r2');
  const instance = (name: string, state: string, release: string) =>
    db.registry.query(
      `INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip, port, url,
         container, access_token, cpu, memory_mib, started_at, reported_at)
       VALUES ($1, $2, 'shop', 'The shop', 'web', $3, 'i', 'n', '10.0.0.1', 1, 'http://10.0.0.1:1', $1, $1, 1, 64, now(), now())`,
      [name, state, release],
    );
  await instance('web-1', 'running', 'r2');
  await instance('web-2', 'running', 'r2');
  await instance('web-0', 'stopped', 'r1');
  const expected = {
    ...web,
    appName: 'The shop',
    wanted: 3,
    policy: { min: 1, max: 5 },
    running: ['web-1', 'web-2'],
  };
  expect(await new RegistryScaledServices(db.pool).read()).toMatchObject([
    { ...expected, isRollingOut: false },
  ]);
  await instance('web-3', 'draining', 'r1');
  expect(await new RegistryScaledServices(db.pool).read()).toMatchObject([
    { ...expected, isRollingOut: true },
  ]);
  const areNodesAway = async () => (await new RegistryScaledServices(db.pool).read())[0]?.areNodesAway;
  expect(await areNodesAway()).toBe(false);
  for (const [name, state] of [
    ['a', 'unreachable'],
    ['b', 'ready'],
  ])
    await db.registry.query(
      `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted, state,
         cpus, memory_bytes, engine_version, first_port, last_port)
       VALUES ($1, $1, 22, 'root', $1, '', $2, 1, 1, '28', 1, 2)`,
      [name, state],
    );
  expect(await areNodesAway()).toBe(false);
  await db.registry.query(`UPDATE registry.node_records SET state = 'unreachable'`);
  expect(await areNodesAway()).toBe(true);
});
