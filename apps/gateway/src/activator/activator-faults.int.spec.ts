import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { Instance } from '../data-plane/haproxy.testing.js';
import { startPlane } from '../data-plane/plane.testing.js';
import { awaited, openSocket, untilWaiting, WEB } from './activator.testing.js';

describe('a WebSocket', () => {
  const UPGRADE = 'GET /chat HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

  it('waits, and then passes in both directions', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ web: [] }));
    const socket = await openSocket(under.port);
    socket.write(UPGRADE);
    await untilWaiting(under, 1);
    const a = await under.instance('a');
    a.onUpgrade((_, other) => {
      other.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
      other.pipe(other);
    });
    await under.plane.apply(awaited({ web: [a] }));
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1.1 101 /);
    socket.write('there and back');
    const [back] = (await once(socket, 'data')) as [Buffer];
    expect(back.toString()).toBe('there and back');
    socket.end();
    await once(socket, 'close');
  });

  it('is refused with words after its time, or by its instance', async () => {
    const under = await startPlane({ GATEWAY_WAIT_MS: '1000' });
    await under.plane.apply(awaited({ web: [] }));
    const late = await openSocket(under.port);
    late.write(UPGRADE);
    const [refusal] = (await once(late, 'data')) as [Buffer];
    expect(refusal.toString()).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 5/i);
    const socket = await openSocket(under.port);
    socket.write(UPGRADE);
    await untilWaiting(under, 1);
    const a = await under.instance('a');
    a.onUpgrade((_, other) => other.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    await under.plane.apply(awaited({ web: [a] }));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403 /);
  });
});

describe('faults', () => {
  it('an instance that breaks off before it answers is asked again, or the next one is waited for', async () => {
    const under = await startPlane();
    const first = await Instance.start('a', (request) => request.socket.destroy());
    await under.plane.apply(awaited({ web: [] }));
    const asked = under.ask(WEB);
    await untilWaiting(under, 1);
    await under.plane.apply(awaited({ web: [first] }));
    await until('it to be asked', () => first.seen.length > 0);
    await first.kill();
    const again = await under.instance('again', undefined, first.port);
    expect((await asked).body).toBe('again');
    expect((await under.ask(WEB)).body).toBe('again');
    expect(again.seen.length).toBe(2);
  });

  it('a client cannot pass for a request that has waited', async () => {
    const under = await startPlane();
    const a = await under.instance('a');
    await under.plane.apply(awaited({ web: [a], api: [] }));
    const headers = { 'x-slipway-waited': '1', 'x-slipway-backend': 'least-2', 'X-Slipway-Again': '1' };
    expect((await under.ask({ ...WEB, headers })).body).toBe('a');
    expect(Object.keys(a.seen[0]?.headers ?? {}).filter((name) => name.startsWith('x-slipway'))).toEqual([]);
    const asked = under.ask({ host: 'api.localhost', headers });
    await untilWaiting(under, 1);
    await under.plane.apply(awaited({ web: [a], api: [a] }));
    expect((await asked).body).toBe('a');
  });

  it('the gateway is killed: HAProxy answers 503 as without it', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ web: [] }));
    const held = under.ask(WEB).catch(() => ({ status: 0 }));
    await untilWaiting(under, 1);
    await under.plane.close({ leave: true });
    expect((await held).status).toBe(503);
    expect(await under.ask(WEB)).toMatchObject({
      ...{ status: 503, headers: { 'retry-after': '2' } },
      body: 'No instance of this service can be reached now.\n',
    });
  });

  it('services come and go without a leak: each has an address only while it is carried', async () => {
    const under = await startPlane();
    await under.plane.apply(awaited({ a: [] }));
    // Others on this machine have sockets of this kind, too.
    const config = await readFile(join(under.folder, 'haproxy.cfg'), 'utf8');
    const own = /abns@(slipway-[0-9a-f-]{36})-/.exec(config)?.[1];
    const names = async (): Promise<number> =>
      (await readFile('/proc/net/unix', 'utf8')).split(`@${own}-`).length - 1;
    expect(await names()).toBe(1);
    await under.plane.apply(awaited({ a: [], b: [], c: [] }));
    expect(await names()).toBe(3);
    await under.plane.apply(awaited({ b: [] }));
    await until('two to be gone', async () => (await names()) === 1);
    const asked = under.ask({ host: 'b.localhost' });
    await untilWaiting(under, 1);
    const b = await under.instance('b');
    await under.plane.apply(awaited({ b: [b] }));
    expect((await asked).body).toBe('b');
  });
});
