import { describe, expect, it } from 'vitest';
import { deleteOld } from '#libs/postgres';
import { endedReservations, oldPorts } from './adapters/reservations.js';
import { placementOfFile } from './placement.testing.js';

const { ask, enrol, nodeOf, report, release, lapse, query, ownPool, restart } = placementOfFile();

describe('reservations', () => {
  it('requests at the same time never overbook a node, nor share a port', async () => {
    await enrol('node-a', { cpus: 1.5 });
    await enrol('node-b', { cpus: 1 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask()));
    const places = answers.flatMap(({ node }) => (node === undefined ? [] : [`${node.name}:${node.port}`]));
    expect(places.sort()).toEqual([
      'node-a:20000',
      'node-a:20001',
      'node-a:20002',
      'node-b:20000',
      'node-b:20001',
    ]);
  });

  it('of workers hold cores and no port, and are the same when asked again', async () => {
    await enrol('node-a', { cpus: 1.5, lastPort: 20_000 });
    const workers = await Promise.all([1, 2].map((n) => ask({ accessToken: `w-${n}`, needsPort: false })));
    expect(workers.map(({ node }) => [node?.name, node?.port])).toEqual(
      workers.map(() => ['node-a', undefined]),
    );
    const again = await ask({ accessToken: 'w-1', needsPort: false });
    expect([again.node?.name, again.node?.port]).toEqual(['node-a', undefined]);
    for (const token of ['w-1', 'w-2']) await report(token, 'node-a', 'running');
    expect((await ask()).node?.port).toBe(20_000);
    expect((await ask()).refusals[0]?.reason).toContain('not enough CPU');
  });

  it('give a port that comes back to others only once the rest were handed out', async () => {
    await enrol('node-a', { lastPort: 20_002 });
    const ports: (number | undefined)[] = [];
    for (const accessToken of ['a', 'b', 'c', 'd', 'e']) {
      ports.push((await ask({ accessToken })).node?.port);
      if (accessToken !== 'b') await report(accessToken, 'node-a', 'failed');
    }
    expect(ports).toEqual([20_000, 20_001, 20_002, 20_000, 20_002]);
  });

  it('whose port something else listens at: nobody gets that port for ten minutes', async () => {
    await enrol('node-a', { lastPort: 20_001 });
    await enrol('node-b', { lastPort: 20_001, cpus: 1 });
    await ask({ accessToken: 'first' });
    await release('first', { portTaken: true });
    const ports: (number | undefined)[] = [];
    for (const accessToken of ['a', 'b']) {
      ports.push((await ask({ accessToken, onNode: 'node-a' })).node?.port);
      await release(accessToken);
    }
    expect(ports).toEqual([20_001, 20_001]);
    // Of that node alone.
    expect((await ask({ onNode: 'node-b' })).node?.port).toBe(20_000);
    await query(
      `UPDATE reservations SET port_taken_at = now() - interval '11 minutes' WHERE port_taken_at IS NOT NULL`,
    );
    restart();
    expect((await ask({ onNode: 'node-a' })).node?.port).toBe(20_000);
  });

  it('of two replicas that get the same request at once is one', async () => {
    await enrol('node-a');
    await enrol('node-b');
    const answers = await Promise.all([1, 2, 3].map(() => nodeOf({ accessToken: 'both' })));
    expect(new Set(answers).size).toBe(1);
    expect((await query('SELECT FROM reservations')).rowCount).toBe(1);
  });

  it.each(['stopped', 'failed'] as const)('are free again once their instance is %s', async (state) => {
    await enrol('node-a', { cpus: 0.5 });
    await ask({ accessToken: 'first' });
    await report('first', 'node-a', 'running');
    expect(await nodeOf()).toBeUndefined();
    await report('first', 'node-a', state);
    expect(await nodeOf()).toBe('node-a');
  });

  it('that nobody bound lapse; that an instance runs on, never', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask({ accessToken: 'bound' });
    await report('bound', 'node-a', 'running');
    await ask({ accessToken: 'promised' });
    await Promise.all([lapse('bound'), lapse('promised')]);
    const next = await ask();
    expect([next.node?.name, next.node?.port]).toEqual(['node-a', 20_002]);
    expect(await nodeOf()).toBeUndefined();
  });

  it('that lapsed while the report was late are bound by it all the same, or the node would be overbooked', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask({ accessToken: 'late' });
    await lapse('late');
    await report('late', 'node-a', 'running');
    expect(await nodeOf()).toBe('node-a');
    expect(await nodeOf()).toBeUndefined();
    await query('TRUNCATE reservations');
    await ask({ accessToken: 'later' });
    await lapse('later');
    expect((await ask({ resources: { cpu: 5, memoryMiB: 1 } })).node).toBeUndefined();
    await report('later', 'node-a', 'running');
    expect([await nodeOf(), await nodeOf()]).toEqual(['node-a', undefined]);
  });

  it('whose port has become another’s are not taken back by a late report', async () => {
    await enrol('node-a', { cpus: 0.5, lastPort: 20_000 });
    await ask({ accessToken: 'late' });
    await lapse('late');
    expect(await nodeOf({ accessToken: 'next' })).toBe('node-a');
    await report('late', 'node-a', 'running');
    const { rows } = await query(
      `SELECT access_token FROM reservations WHERE state IN ('promised', 'bound')`,
    );
    expect(rows).toEqual([{ access_token: 'next' }]);
  });

  it('that ended are deleted when they are old, and a report that comes even later binds nothing', async () => {
    await enrol('a', { cpus: 64, memoryMiB: 64_000 });
    for (const accessToken of ['old', 'fresh', 'lapsed', 'bound']) await ask({ accessToken });
    await report('bound', 'a', 'running');
    for (const accessToken of ['old', 'fresh']) await report(accessToken, 'a', 'stopped');
    await query(`UPDATE reservations SET state = 'lapsed' WHERE access_token = 'lapsed'`);
    await query(
      `UPDATE reservations SET updated_at = now() - interval '15 days' WHERE access_token <> 'fresh'`,
    );
    expect(await deleteOld(ownPool(), endedReservations(14 * 86_400_000))).toBe(2);
    await report('old', 'a', 'running');
    const { rows } = await query('SELECT access_token, state FROM reservations ORDER BY 1');
    expect(rows).toEqual([
      { access_token: 'bound', state: 'bound' },
      { access_token: 'fresh', state: 'released' },
    ]);
  });

  it('that were released stay so, whatever comes late, and reports of unknown tokens and other nodes do nothing', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask({ accessToken: 'over' });
    await report('nobody', 'node-a', 'running');
    await report('over', 'node-b', 'stopped');
    expect(await nodeOf()).toBeUndefined();
    await report('over', 'node-a', 'stopped');
    await report('over', 'node-a', 'running');
    expect(await nodeOf()).toBe('node-a');
  });
});

it('the last ports of nodes that were removed were kept for ever', async () => {
  await enrol('node-a');
  await enrol('node-b', { cpus: 1 });
  for (const onNode of ['node-a', 'node-b']) await ask({ accessToken: onNode, onNode });
  await query(`UPDATE ports_in_turn SET handed_out_at = now() - interval '3 days'`);
  await ask({ onNode: 'node-b' });
  expect(await deleteOld(ownPool(), oldPorts(4 * 86_400_000))).toBe(0);
  expect(await deleteOld(ownPool(), oldPorts(0))).toBe(1);
  expect((await query('SELECT node FROM ports_in_turn')).rows).toEqual([{ node: 'node-b' }]);
});
