import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { wantedOf } from './domain/wanted.testing.js';
import { placeOfEachTest } from './haproxy-place.testing.js';

const { here, open, instance, get, bodyOf, masterPid } = placeOfEachTest();

describe('what runs is not known', () => {
  it('requests are refused with 503 until it is, since 404 would be a lie, and none fails as it becomes known', async () => {
    const a = await instance('a');
    const plane = await open();
    await plane.carryUnknown();
    expect(await get('web.localhost')).toMatchObject({
      ...{ status: 503, headers: { 'retry-after': '5' } },
      body: 'This gateway does not know yet what runs.\n',
    });
    await plane.carryUnknown();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    expect(await bodyOf('web.localhost')).toBe('a');
    expect((await get('other.localhost')).status).toBe(404);
    await plane.carryUnknown();
    expect(await bodyOf('web.localhost')).toBe('a');
    expect(plane.counts).toMatchObject({ starts: 1, reloads: 1 });
    expect(here().troubles).toEqual([]);
  });

  it('an earlier HAProxy goes on, and one that ends before anybody said anything is started by what was wanted last', async () => {
    const a = await instance('a');
    const first = await open();
    await first.apply(wantedOf({ web: [a.wanted()] }));
    await first.close({ leave: true });
    const plane = await open();
    await plane.carryUnknown();
    expect(await bodyOf('web.localhost')).toBe('a');
    expect(plane.counts).toMatchObject({ starts: 0, reloads: 0 });
    process.kill(await masterPid(), 'SIGKILL');
    await until('it to be started', () => plane.counts.starts === 1, { timeoutMs: 10_000 });
    await until('it to answer', async () => (await bodyOf('web.localhost').catch(() => '')) === 'a');
  });
});

describe('what clients read', () => {
  it('a stopped service is refused as JSON to who accepts that by name', async () => {
    const plane = await open();
    await plane.apply(wantedOf({ none: [] }));
    const asJson = await get('none.localhost', '/', { accept: 'text/plain;q=0.5, application/json' });
    expect(asJson).toMatchObject({ status: 503, headers: { 'content-type': 'application/json' } });
    expect(JSON.parse(asJson.body)).toMatchObject({ code: 'NO_INSTANCE' });
  });

  it('sticky: an answer that was public had a second line, which said that it is private', async () => {
    const a = await instance('a', ({ url = '' }, response) => {
      const said = decodeURIComponent(url.slice(1));
      if (said !== '') response.setHeader('cache-control', said);
      response.end('a');
    });
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }, 'sticky'));
    const saidFor = async (said: string, headers: Record<string, string> = {}) =>
      (await get('web.localhost', `/${encodeURIComponent(said)}`, headers)).headers['cache-control'];
    for (const said of ['private', 'private, max-age=60', 'no-store']) expect(await saidFor(said)).toBe(said);
    for (const said of ['max-age=5', 'public, max-age=60']) expect(await saidFor(said)).toBe('private');
    expect(await saidFor('')).toBeUndefined();
    const first = await get('web.localhost');
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    expect(await saidFor('public, max-age=60', { cookie })).toBe('public, max-age=60');
  });

  it('h2: an instance that speaks HTTP/1.1 broke off without a hint that another protocol was declared', async () => {
    const a = await instance('a');
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }, 'h2'));
    // Broken off at first; later HAProxy does not connect any more.
    for (let n = 0; n < 3; n += 1) {
      const { status, body } = await get('web.localhost');
      expect([502, 503]).toContain(status);
      expect(body).toContain('It must speak HTTP/2 without TLS: traffic.protocol is h2.');
    }
  });
});
