import { describe, expect, it } from 'vitest';
import { placementOfFile, requestOf } from './placement.testing.js';

const { ask, enrol, lapse, measured, nodeOf, query, release, report, restart } = placementOfFile();

const MIB = 1_048_576;
const sizes = { cpus: 2, memoryBytes: 2_000 * MIB };
const always = (value: number) => ({ p50: value, p95: value, max: value });
/** A whole hour in which the node used so much, of which nothing was of instances. */
const hourWith = (cpu: number, memoryMiB: number) => {
  const use = { cpu: always(cpu), memoryBytes: always(memoryMiB * MIB) };
  return { sizes, listeningPorts: [], lastHour: { seconds: 3_600, ...use, others: use } };
};
const half = { resources: { cpu: 0.5, memoryMiB: 10 } };
const reservedOn = async (node: string): Promise<number> =>
  Number(
    (
      await query(
        `SELECT coalesce(sum(cpu), 0) AS cpu FROM reservations
         WHERE node = '${node}' AND state IN ('promised', 'bound')`,
      )
    ).rows[0]?.['cpu'],
  );

describe('what agents measure', () => {
  it('a busy node is avoided though nothing is reserved on it, and taken again once it is idle', async () => {
    await enrol('a');
    await enrol('b');
    measured('a', hourWith(1.8, 0));
    expect(await nodeOf()).toBe('b');
    measured('a', hourWith(0, 0));
    expect(await nodeOf()).toBe('a');
  });

  it('memory that others use is refused at the claim, too, whatever is reserved', async () => {
    await enrol('a');
    measured('a', hourWith(0, 1_950));
    expect((await ask()).refusals).toEqual([
      {
        node: 'a',
        reason: 'not enough memory: needed 100, used 0 of 2000 MiB, and other programs use 1950 MiB',
      },
    ]);
    measured('a', hourWith(0, 1_900));
    expect(await nodeOf()).toBe('a');
    expect(await nodeOf()).toBeUndefined();
  });

  it('is of no use once the agent has been silent for half a minute', async () => {
    await enrol('a');
    measured('a', { ...hourWith(0, 1_950), observedAt: new Date(Date.now() - 31_000).toISOString() });
    expect(await nodeOf()).toBe('a');
  });

  it("a stranger's port is left out; one that an instance gave back since is not a stranger's", async () => {
    await enrol('a', { lastPort: 20_001 });
    measured('a', { ...hourWith(0, 0), listeningPorts: [20_000] });
    const { accessToken, node } = await ask();
    expect(node?.port).toBe(20_001);
    expect((await ask()).refusals[0]?.reason).toBe(
      'no free port: 2 of 20000-20001 are taken, 1 of them by other programs',
    );
    measured('a', { ...hourWith(0, 0), listeningPorts: [20_000, 20_001] });
    await release(accessToken);
    expect((await ask()).node?.port).toBe(20_001);
  });
});

describe('CPU that is reserved again', () => {
  it('is never more than the bound, however many ask at once, and nothing where it is not allowed', async () => {
    await enrol('a', { lastPort: 20_099 });
    restart({ overcommit: 1.5 });
    measured('a', hourWith(0.2, 0));
    for (let n = 0; n < 4; n += 1) expect(await nodeOf(half)).toBe('a');
    // Nobody knows yet what those use.
    expect(await nodeOf(half)).toBeUndefined();
    await query(`UPDATE reservations SET updated_at = now() - interval '2 hours', state = 'bound'`);
    restart();
    measured('a', hourWith(0.2, 0));
    expect((await ask(half)).refusals[0]?.reason).toBe('not enough CPU: needed 0.5, used 2 of 2 cores');
    restart({ overcommit: 1.5 });
    expect(await nodeOf(half)).toBeUndefined();
    measured('a', hourWith(0.2, 0));
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ ...half, service: 'db' })));
    expect(answers.filter(({ node }) => node !== undefined)).toHaveLength(2);
    expect(await reservedOn('a')).toBe(3);
  });
});

describe('a node that has the image', () => {
  it('is a little better, while it runs it and for an hour after, and a service still spreads', async () => {
    await enrol('a');
    await enrol('b');
    const image = 'registry.example/shop/web@sha256:1';
    const blocking = await ask({ service: 'db', resources: { cpu: 0.02, memoryMiB: 10 } });
    expect(blocking.node?.name).toBe('a');
    const first = await ask({ image });
    expect(first.node?.name).toBe('b');
    await report(first.accessToken, 'b', 'running');
    expect(await nodeOf({ image })).toBe('a');
    await query(`UPDATE reservations SET state = 'released' WHERE service = 'web' AND node = 'a'`);
    await release(blocking.accessToken);
    await release(first.accessToken);
    await query(`DELETE FROM reservations WHERE node = 'a'`);
    restart();
    expect((await ask({ image, accessToken: 'again' })).node?.name).toBe('b');
    await query(`DELETE FROM reservations WHERE access_token = 'again'`);
    await query(`UPDATE reservations SET updated_at = now() - interval '61 minutes'`);
    restart();
    expect(await nodeOf({ image })).toBe('a');
  });
});

describe('layers of images', () => {
  const imageLayers = {
    layers: [
      { name: 'base00', bytes: 1e9 },
      { name: 'own000', bytes: 0.1e9 },
    ],
  };
  const image = 'registry.example/shop/web@sha256:2';
  const engine = (...names: readonly string[]) => ({
    engine: { version: '29', images: 1, imageBytes: 1, layers: names.join('') },
  });
  const disk = (freeGB: number) => ({
    ...{ sizes: { ...sizes, diskBytes: 10e9 }, diskFreeBytes: Math.round(freeGB * 1e9) },
  });
  const idle = hourWith(0, 0);

  it('a node with the base of an image is better than one without, all else being equal', async () => {
    await enrol('a');
    await enrol('b');
    measured('a', { ...idle, ...engine('other0') });
    measured('b', { ...idle, ...engine('base00', 'before') });
    expect(await nodeOf()).toBe('a');
    await query('DELETE FROM reservations');
    restart();
    measured('a', { ...idle, ...engine('other0') });
    measured('b', { ...idle, ...engine('base00', 'before') });
    expect(await nodeOf({ imageLayers })).toBe('b');
  });

  it('a node whose disk has no room for what it lacks is refused with its figure, and taken once it has room', async () => {
    await enrol('a');
    measured('a', { ...idle, ...engine('base00'), ...disk(0.8) });
    expect((await ask({ imageLayers })).refusals).toEqual([
      { node: 'a', reason: "not enough disk: the image's missing layers need 0.37 GB, 0.3 GB free" },
    ]);
    const kept = await query(`SELECT explanation FROM placements ORDER BY answered_at DESC LIMIT 1`);
    expect(kept.rows[0]?.['explanation']).toMatchObject({
      refused: [{ filter: 'disk', quantity: { unit: 'GB', needed: 0.37, free: 0.3 } }],
    });
    measured('a', { ...idle, ...engine('base00'), ...disk(0.9) });
    expect(await nodeOf({ imageLayers })).toBe('a');
  });

  it('a node that was filled by the image itself took its next instance, before the agent had seen the image', async () => {
    await enrol('a');
    measured('a', { ...idle, ...engine(), ...disk(5) });
    const { accessToken } = await ask({ image, imageLayers });
    await report(accessToken, 'a', 'running');
    measured('a', { ...idle, ...engine(), ...disk(0.9) });
    expect(await nodeOf({ image, imageLayers, service: 'db' })).toBeUndefined();
    expect(await nodeOf({ image, imageLayers })).toBe('a');
  });
});

describe('a node on which an instance of the service failed', () => {
  it.each([
    ['as its report says', (token: string) => report(token, 'a', 'failed')],
    ['as whoever gave the place back says', (token: string) => release(token, { failed: true })],
  ])('comes behind others for five minutes, %s', async (_, fails) => {
    await enrol('a');
    await enrol('b');
    const { accessToken, node } = await ask();
    expect(node?.name).toBe('a');
    await fails(accessToken);
    // Another service is not concerned.
    const other = await ask({ service: 'db', resources: { cpu: 0.1, memoryMiB: 10 } });
    expect(other.node?.name).toBe('a');
    await release(other.accessToken);
    const second = await ask();
    expect(second.node?.name).toBe('b');
    await release(second.accessToken);
    await query(`UPDATE reservations SET failed_at = now() - interval '301 s' WHERE failed_at IS NOT NULL`);
    expect(await nodeOf()).toBe('a');
  });

  it('is forgotten when the same request is placed anew', async () => {
    await enrol('a');
    const { accessToken } = await ask();
    await report(accessToken, 'a', 'failed');
    await lapse(accessToken);
    await ask(requestOf({ accessToken }));
    expect((await query('SELECT FROM reservations WHERE failed_at IS NOT NULL')).rowCount).toBe(0);
  });
});
