import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstanceEvent, type Page, type RegistryInstance, serviceRoutesChanged } from '#libs/contracts';
import { deleteOld, transaction } from '#libs/postgres';
import { uniqueName } from '#libs/testing';
import { endedInstances, oldInstanceEvents, recordRoutes } from './adapters/postgres-registry.js';
import { at, READ_TOKEN, type RegistryWorld, startRegistryWorld } from './registry.testing.js';

let world: RegistryWorld;
beforeAll(async () => {
  world = await startRegistryWorld(1);
});
afterAll(async () => expect(await world.stop()).toEqual([0]));

async function call(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${world.urls[0]}/v1/${path}`, {
    headers: { authorization: `Bearer ${READ_TOKEN}`, ...headers },
  });
}
const get = async <T>(path: string): Promise<T> => (await call(path)).json() as Promise<T>;

describe('GET /v1/instances', () => {
  it('has pages: each instance that stays is in one of them, once, while others come and go', async () => {
    const appId = uniqueName('pages');
    const names = Array.from({ length: 7 }, (_, n) => `${appId}-${n}`);
    // The same start of several: their names decide.
    for (const [n, instance] of names.entries())
      await world.report({
        appId,
        instance,
        state: 'running',
        startedAt: at(Math.floor(n / 3)),
        reportedAt: at(n),
      });
    const seen: string[] = [];
    let after = '';
    do {
      const page = await get<Page<RegistryInstance>>(`instances?appId=${appId}&limit=2${after}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ instance }) => instance));
      after = page.next === undefined ? '' : `&after=${page.next}`;
      if (seen.length === 2) {
        await world.pool.query('DELETE FROM instance_records WHERE name = $1', [names[0]]);
        await world.report({
          appId,
          instance: `${appId}-late`,
          state: 'running',
          startedAt: at(0),
          reportedAt: at(9),
        });
      }
    } while (after !== '');
    expect(seen).toEqual([names[0], names[1], names[2], `${appId}-late`, ...names.slice(3)]);
    const [, second] = await Promise.all([
      get(`instances?appId=${appId}&limit=2`),
      get<Page<RegistryInstance>>(`instances?appId=${appId}&limit=2`),
    ]);
    const wrong = await call(`instances?appId=other&after=${second.next}`);
    expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([400, 'CURSOR_INVALID']);
  });

  it.each([
    ['node=far', ['far']],
    ['release=r2', ['new']],
    ['state=draining', ['leaving']],
    ['service=jobs', ['worker']],
    ['service=web&state=running&node=near', ['new']],
  ])('filtered by %s has no others', async (filter, wanted) => {
    const appId = uniqueName('filters');
    const report = (instance: string, more: object) =>
      world.report({
        ...{ appId, instance: `${appId}-${instance}`, service: 'web', node: 'near', release: 'r1' },
        ...{ state: 'running', reportedAt: at(1), ...more },
      });
    await report('far', { node: 'far', state: 'stopped' });
    await report('new', { release: 'r2' });
    await report('leaving', { state: 'draining' });
    await report('worker', { service: 'jobs' });
    const { items } = await get<Page<RegistryInstance>>(`instances?appId=${appId}&${filter}`);
    expect(items.map(({ instance }) => instance)).toEqual(wanted.map((name) => `${appId}-${name}`));
  });

  it('is not sent again while nothing has changed', async () => {
    const appId = uniqueName('etag');
    await world.report({ appId, state: 'running', instance: `${appId}-0`, reportedAt: at(1) });
    const path = `instances?appId=${appId}`;
    const etag = String((await call(path)).headers.get('etag'));
    expect((await call(path, { 'if-none-match': etag })).status).toBe(304);
    await world.report({ appId, state: 'draining', instance: `${appId}-0`, reportedAt: at(2) });
    expect((await call(path, { 'if-none-match': etag })).status).toBe(200);
  });
});

describe('GET /v1/apps/{appId}/services/{service}', () => {
  it('says in one call where a service runs, and how many instances are wanted', async () => {
    const appId = uniqueName('where');
    await world.pool.query(
      `INSERT INTO spec_records (app_id, service, app_name, revision, state, release, count, changed_at)
       VALUES ($1, 'web', 'Where', 1, 'running', 'r2', 3, now())`,
      [appId],
    );
    const report = (n: number, more: object) =>
      world.report({ appId, service: 'web', instance: `${appId}-${n}`, reportedAt: at(n), ...more });
    await report(1, {
      state: 'running',
      node: 'a',
      ip: '10.0.0.1',
      port: 20001,
      url: 'http://10.0.0.1:20001',
    });
    await report(2, { state: 'running', release: 'r2' });
    await report(2, { state: 'draining', reportedAt: at(5), reason: 'It moves off b.', release: 'r2' });
    await report(3, { state: 'failed' });
    const where = await get<{ instances: RegistryInstance[] }>(`apps/${appId}/services/web`);
    expect(where).toMatchObject({ appId, service: 'web', wanted: 3, running: 1, wantedRelease: 'r2' });
    expect(where.instances).toMatchObject([
      {
        state: 'running',
        node: 'a',
        ip: '10.0.0.1',
        port: 20001,
        url: 'http://10.0.0.1:20001',
        since: at(1),
      },
      { state: 'draining', since: at(5), reason: 'It moves off b.', release: 'r2' },
    ]);
    expect(where.instances).toHaveLength(2);
  });

  it('answers 404 of one that there never was', async () => {
    const answer = await call('apps/nobody/services/web');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      404,
      'SERVICE_UNKNOWN',
    ]);
  });
});

describe('the history of an instance', () => {
  const events = async (query: string): Promise<readonly string[]> =>
    (await get<Page<InstanceEvent>>(`instance-events?${query}`)).items
      .map(({ event, at: when, reason }) =>
        [event, Date.parse(when) / 1_000 - DAY, reason ?? ''].join(' ').trim(),
      )
      .reverse();
  const DAY = Date.parse(at(0)) / 1_000;

  it('tells what became of it, when and why', async () => {
    const appId = uniqueName('history');
    const report = (seconds: number, more: object) =>
      world.report({ appId, instance: `${appId}-0`, startedAt: at(0), reportedAt: at(seconds), ...more });
    const crashing = (restarts: number) => ({ restarts, since: at(3) });
    await report(1, { state: 'running' });
    await report(2, { state: 'running' });
    await report(3, { state: 'running', crashing: crashing(1) });
    await report(4, { state: 'running', crashing: crashing(2) });
    await report(5, { state: 'running' });
    await report(6, { state: 'draining', reason: 'replaced' });
    await report(7, { state: 'running', reason: 'the request failed' });
    await report(8, { state: 'draining', reason: 'scaled in' });
    await report(9, { state: 'stopped', reason: 'scaled in' });
    // Too old, and after the end: they change nothing.
    await report(4, { state: 'draining' });
    await report(10, { state: 'running' });
    expect(await events(`instance=${appId}-0`)).toEqual([
      ...['started 0', 'healthy 1', 'crashing 3', 'recovered 5', 'draining 6 replaced'],
      ...['resumed 7 the request failed', 'draining 8 scaled in', 'stopped 9 scaled in'],
    ]);
    expect(await events(`appId=${appId}&limit=2`)).toEqual(['draining 8 scaled in', 'stopped 9 scaled in']);
  });

  it('tells of a restart by a repair, once however often it is reported', async () => {
    const appId = uniqueName('restarted');
    const report = (seconds: number, more: object) =>
      world.report({ appId, instance: `${appId}-0`, startedAt: at(0), reportedAt: at(seconds), ...more });
    await report(1, { state: 'running' });
    await report(5, { state: 'running', restarted: { at: at(4) } });
    await report(6, { state: 'running', restarted: { at: at(4) } });
    await report(8, { state: 'running', restarted: { at: at(7) } });
    expect(await events(`instance=${appId}-0`)).toEqual([
      'started 0',
      'healthy 1',
      'restarted 4',
      'restarted 7',
    ]);
  });

  it('of one that never was healthy tells that it failed', async () => {
    const appId = uniqueName('failed');
    const instance = `${appId}-0`;
    await world.report({
      appId,
      instance,
      state: 'failed',
      startedAt: at(1),
      reportedAt: at(2),
      reason: 'No answer.',
    });
    expect(await events(`instance=${instance}`)).toEqual(['started 1', 'failed 2 No answer.']);
  });

  it('is found by service and by node, page by page', async () => {
    const [appId, node] = [uniqueName('found'), uniqueName('node')];
    for (const n of [1, 2, 3])
      await world.report({
        appId,
        service: 'web',
        node,
        instance: `${appId}-${n}`,
        state: 'running',
        reportedAt: at(n),
      });
    for (const query of [`appId=${appId}&service=web`, `node=${node}`]) {
      const first = await get<Page<InstanceEvent>>(`instance-events?${query}&limit=4`);
      const rest = await get<Page<InstanceEvent>>(`instance-events?${query}&limit=4&after=${first.next}`);
      const all = [...first.items, ...rest.items].map(({ instance, event }) => `${instance} ${event}`);
      expect(all).toEqual([3, 2, 1].flatMap((n) => [`${appId}-${n} healthy`, `${appId}-${n} started`]));
      expect(rest.next).toBeUndefined();
    }
  });

  it('stays after the record of the instance has gone, until it is old; that of one that runs stays whole', async () => {
    const appId = uniqueName('kept');
    const [ended, runs] = [`${appId}-ended`, `${appId}-runs`];
    const [started, day] = [at(0), 86_400_000];
    await world.report({ appId, instance: ended, state: 'running', startedAt: started, reportedAt: at(1) });
    await world.report({ appId, instance: ended, state: 'stopped', reportedAt: at(2) });
    await world.report({ appId, instance: runs, state: 'running', startedAt: started, reportedAt: at(1) });
    const crash = { restarts: 1, since: at(2) };
    await world.report({ appId, instance: runs, state: 'running', reportedAt: at(2), crashing: crash });
    const age = Date.now() - Date.parse(at(0));
    await deleteOld(world.pool, endedInstances(age - day));
    await deleteOld(world.pool, oldInstanceEvents(age + day));
    expect((await get<Page<object>>(`instances?appId=${appId}&state=stopped`)).items).toEqual([]);
    expect(await events(`instance=${ended}`)).toEqual(['started 0', 'healthy 1', 'stopped 2']);
    await deleteOld(world.pool, oldInstanceEvents(age - day));
    expect(await events(`instance=${ended}`)).toEqual([]);
    expect(await events(`instance=${runs}`)).toEqual(['started 0', 'healthy 1']);
  });
});

describe('the routes of a service', () => {
  const changed = (appId: string, revision: number, hosts: readonly string[]) =>
    transaction(world.pool, (tx) =>
      recordRoutes(tx, {
        ...serviceRoutesChanged.schema.parse(serviceRoutesChanged.example),
        ...{ appId, service: 'web', revision },
        routes: hosts.map((host) => ({ host, path: '/' })),
      }),
    );
  const revisionOf = async (appId: string): Promise<number | undefined> => {
    const { rows } = await world.pool.query<{ revision: number }>(
      'SELECT revision::float8 AS revision FROM changes WHERE name = $1',
      [`${appId}/web`],
    );
    return rows[0]?.revision;
  };

  it('are those of the newest revision, and a change of them is one of the service', async () => {
    const appId = uniqueName('routes');
    await world.report({ appId, service: 'web', instance: `${appId}-0`, state: 'running' });
    const before = await get<object>(`apps/${appId}/services/web`);
    expect(before).toMatchObject({ routes: null, traffic: null });
    const first = await revisionOf(appId);
    await changed(appId, 2, ['b.org']);
    const second = await revisionOf(appId);
    expect(second).toBeGreaterThan(Number(first));
    await changed(appId, 1, ['a.org']);
    await changed(appId, 2, ['a.org']);
    expect(await revisionOf(appId)).toBe(second);
    expect(await get(`apps/${appId}/services/web`)).toMatchObject({
      ...{ running: 1, routes: [{ host: 'b.org', path: '/' }], traffic: { balance: 'sticky' } },
    });
  });
});
