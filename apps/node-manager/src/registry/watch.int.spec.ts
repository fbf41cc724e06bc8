import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, until } from '#libs/testing';
import { EventStream } from './event-stream.testing.js';
import { at, READ_TOKEN, type RegistryWorld, startRegistryWorld } from './registry.testing.js';

let world: RegistryWorld;
beforeAll(async () => {
  world = await startRegistryWorld(3);
});
afterAll(() => world.stop());

const streams: EventStream[] = [];
afterEach(() => streams.splice(0).forEach((stream) => stream.close()));

async function watch(replica: number, query = '', lastEventId?: string): Promise<EventStream> {
  const url = `${world.urls[replica]}/v1/watch?${query}`;
  const stream = await EventStream.open(url, READ_TOKEN, lastEventId);
  streams.push(stream);
  return stream;
}

const run = (appId: string, n: number, more: object = {}): Promise<void> =>
  world.report({
    appId,
    service: 'web',
    instance: `${appId}-${n}`,
    state: 'running',
    reportedAt: at(n),
    ...more,
  });

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${world.urls[0]}/v1/${path}`, {
    headers: { authorization: `Bearer ${READ_TOKEN}`, ...headers },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('GET /v1/watch', () => {
  it('begins with a snapshot of what lives, in the form of the lists, and goes on with what changes', async () => {
    const appId = uniqueName('begins');
    await run(appId, 1);
    await run(appId, 2, { state: 'stopped', reason: 'It was replaced.' });
    const stream = await watch(0, `appId=${appId}`);
    expect([stream.response.status, stream.response.headers.get('content-type')]).toEqual([
      ...[200, 'text/event-stream; charset=utf-8'],
    ]);
    await stream.untilSeen(1);
    const { items } = (await get(`instances?appId=${appId}&state=running`)).body;
    const services = (await get(`services?appId=${appId}`)).body;
    const [snapshot] = stream.events;
    expect(snapshot).toMatchObject({ event: 'snapshot', data: { nodes: [], services, instances: items } });
    expect(snapshot?.data['revision']).toBe(snapshot?.id);
    await run(appId, 1, { state: 'draining', reportedAt: at(9), reason: 'It moves.' });
    await stream.untilSeen(3);
    const [, instance, service] = stream.events;
    expect(instance?.data).toEqual({
      ...{ revision: instance?.id, kind: 'instance', name: `${appId}-1` },
      instance: expect.objectContaining({ state: 'draining', since: at(9), reason: 'It moves.' }),
    });
    expect(service?.data).toMatchObject({ kind: 'service', service: { appId, service: 'web', running: 0 } });
  });

  it('shows no access token', async () => {
    const appId = uniqueName('tokens');
    await run(appId, 1, { accessToken: 'nobody-may-see-it' });
    const stream = await watch(0, `appId=${appId}`);
    await stream.untilSeen(1);
    await run(appId, 1, { state: 'draining', reportedAt: at(9), accessToken: 'nobody-may-see-it' });
    await stream.untilSeen(3);
    expect(JSON.stringify(stream.events)).not.toContain('nobody-may-see-it');
  });

  it('resumed at another replica has every change once and in order, though the first replica ended', async () => {
    const appId = uniqueName('resumed');
    const query = `appId=${appId}&kind=instance`;
    const first = await watch(2, query);
    await first.untilSeen(1);
    const all = Array.from({ length: 60 }, (_, n) => `${appId}-${n}`);
    const writing = (async () => {
      for (const [n] of all.entries()) await run(appId, n);
    })();
    await until('some changes', () => first.names().length >= 10);
    const { code, ms } = await (world.apps[2]?.stop() ?? Promise.reject(new Error('no third replica')));
    expect(code).toBe(0);
    // A watcher has no end of its own: it must not hold up that of the app.
    expect(ms).toBeLessThan(8_000);
    await until('the first to end', () => first.ended);
    expect(first.ended).toBe('in order');
    await writing;
    const second = await watch(1, query, first.lastEventId);
    await second.untilSeen(all.length - first.names().length);
    expect([...first.names(), ...second.names()]).toEqual(all);
    const ids = [...first.events, ...second.events].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(second.events.map(({ event }) => event)).not.toContain('snapshot');
  });

  it('resumes by the query, too; the header counts before it', async () => {
    const appId = uniqueName('query');
    const first = await watch(0, `appId=${appId}`);
    await first.untilSeen(1);
    await run(appId, 1);
    await first.untilSeen(3);
    const { id } = first.events[1] ?? { id: 0 };
    const byQuery = await watch(1, `appId=${appId}&revision=${first.events[0]?.id}`);
    const byHeader = await watch(1, `appId=${appId}&revision=0`, String(id));
    await Promise.all([byQuery.untilSeen(2), byHeader.untilSeen(1)]);
    expect(byQuery.events).toEqual(first.events.slice(1));
    expect(byHeader.events).toEqual(first.events.slice(2));
  });

  it.each(['what is forgotten', 'another database'])(
    'begins anew with a snapshot of a revision of %s',
    async (of) => {
      const appId = uniqueName('anew');
      await run(appId, 1);
      if (of === 'what is forgotten') {
        await world.pool.query('DELETE FROM instance_records WHERE name = $1', [`${appId}-1`]);
        await world.pool.query('DELETE FROM change_records WHERE removed_at IS NOT NULL');
      }
      const stream = await watch(0, `appId=${appId}&revision=${of === 'another database' ? 1e15 : 0}`);
      await stream.untilSeen(1);
      expect(stream.events[0]).toMatchObject({ event: 'snapshot' });
    },
  );

  it('tells of what is removed by its name', async () => {
    const appId = uniqueName('removed');
    await run(appId, 1);
    const stream = await watch(0, `appId=${appId}`);
    await stream.untilSeen(1);
    await world.pool.query('DELETE FROM instance_records WHERE name = $1', [`${appId}-1`]);
    await stream.untilSeen(3);
    expect(stream.events.slice(1).map(({ data: { revision: _, ...data } }) => data)).toEqual([
      ...[
        { kind: 'instance', name: `${appId}-1` },
        { kind: 'service', name: `${appId}/web` },
      ],
    ]);
  });

  it.each([
    ['no token', '', {}, 401, 'TOKEN_MISSING'],
    [
      'a revision that is none',
      'revision=x',
      { authorization: `Bearer ${READ_TOKEN}` },
      400,
      'INPUT_INVALID',
    ],
    ['a kind that there is not', 'kind=pod', { authorization: `Bearer ${READ_TOKEN}` }, 400, 'INPUT_INVALID'],
    [
      ...(['a last id that is none', ''] as const),
      { authorization: `Bearer ${READ_TOKEN}`, 'last-event-id': 'abc' },
      ...([400, 'INPUT_INVALID'] as const),
    ],
  ])('refuses %s', async (_, query, headers, status, code) => {
    const response = await fetch(`${world.urls[0]}/v1/watch?${query}`, { headers });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('answers HEAD with its headers alone', async () => {
    const headers = { authorization: `Bearer ${READ_TOKEN}` };
    const response = await fetch(`${world.urls[0]}/v1/watch`, { method: 'HEAD', headers });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      ...[200, 'text/event-stream; charset=utf-8', ''],
    ]);
  });
});
