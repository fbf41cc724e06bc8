import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { filesIn } from './adapters/haproxy-settings.js';
import { RuntimeApi } from './adapters/runtime-api.js';
import { wantedOf } from './domain/wanted.testing.js';
import { Stream } from './haproxy.testing.js';
import { placeOfEachTest } from './haproxy-place.testing.js';

const { here, open, instance, get, bodyOf, masterPid } = placeOfEachTest();

/** A process that has ended has no command line, even while its parent has not asked for its exit code. */
async function hasEnded(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) === '';
}
async function workerPid(): Promise<number> {
  const api = await RuntimeApi.connect(filesIn(here().folder).runtimeSocket);
  const info = await api.ask('show info');
  api.close();
  return Number(/^Pid: (\d+)$/m.exec(info)?.[1]);
}

describe('HAProxy that ends', () => {
  it.each(['worker', 'master'] as const)(
    '%s killed: it is back within seconds, as it should be',
    async (part) => {
      const [a, b] = [await instance('a'), await instance('b')];
      const plane = await open();
      await plane.apply(wantedOf({ web: [a.wanted()] }));
      await plane.apply(wantedOf({ web: [b.wanted()] }));
      const pid = await masterPid();
      process.kill(part === 'worker' ? await workerPid() : pid, 'SIGKILL');
      const begun = performance.now();
      await until('another one', async () => (await masterPid().catch(() => pid)) !== pid, {
        timeoutMs: 20_000,
      });
      await until('it to answer', () =>
        bodyOf('web.localhost').then(
          (body) => body === 'b',
          () => false,
        ),
      );
      expect(performance.now() - begun).toBeLessThan(5_000);
      expect(here().troubles.join()).toContain('it is started again: DataPlaneError: HAProxy has ended: ');
      await plane.apply(wantedOf({ web: [a.wanted()] }));
      for (let n = 0; n < 10; n += 1) expect(await bodyOf('web.localhost')).toBe('a');
      expect(plane.counts.starts).toBe(2);
    },
  );

  it('outlives whoever started it; the next one takes it over, and no request fails', async () => {
    const [a, b] = [await instance('a'), await instance('b')];
    const first = await open();
    await first.apply(wantedOf({ web: [a.wanted()] }));
    const pid = await masterPid();
    const stream = new Stream({ port: here().port, host: 'web.localhost' });
    await first.close({ leave: true });
    await stream.on(50);
    const next = await open();
    await next.apply(wantedOf({ web: [b.wanted()] }));
    await until('b to answer', () => stream.answers.get('b'));
    await stream.stop();
    expect(stream.failures).toEqual([]);
    expect(await masterPid()).toBe(pid);
    expect(next.counts).toMatchObject({ starts: 0, reloads: 1 });
  });

  it('is started with what was wanted last, before anybody says what is wanted', async () => {
    const a = await instance('a');
    const first = await open();
    await first.apply(wantedOf({ web: [a.wanted()] }));
    await first.close({ leave: false });
    await expect(get('web.localhost')).rejects.toThrow('ECONNREFUSED');
    await open();
    expect(await bodyOf('web.localhost')).toBe('a');
  });

  it('leaves nothing behind where it is told to end', async () => {
    const plane = await open();
    await plane.apply(wantedOf({}));
    const pids = [await masterPid(), await workerPid()];
    for (const pid of pids)
      expect(await readFile(`/proc/${pid}/environ`, 'utf8'), 'keys of the gateway').not.toContain('VITEST');
    await plane.close({ leave: false });
    for (const pid of pids) await until(`process ${pid} to be gone`, () => hasEnded(pid));
  });
});

describe('HAProxy that cannot be started', () => {
  it('is named with what to install, and carried once it is there', async () => {
    const program = join(here().folder, 'no-such-haproxy');
    const plane = await open({ program });
    await expect(plane.apply(wantedOf({}))).rejects.toMatchObject({
      code: 'HAPROXY_MISSING',
      message: expect.stringMatching(/no-such-haproxy.*2\.6 or newer.*apt-get install haproxy/) as string,
    });
    expect(() => plane.check()).toThrow('apt-get install haproxy');
  });

  it('kept its words to itself where it found a configuration wrong: they are told, and what was carried goes on', async () => {
    const a = await instance('a');
    const plane = await open();
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    const wrong = plane.apply(
      wantedOf({ web: [a.wanted(), { ...a.wanted({ name: 'i' }), address: '1:2:3' }] }),
    );
    await expect(wrong).rejects.toMatchObject({
      code: 'HAPROXY_NOT_STARTED',
      message: expect.stringContaining('1:2:3') as string,
    });
    expect(await bodyOf('web.localhost')).toBe('a');
    expect(() => plane.check()).toThrow('1:2:3');
    await plane.apply(wantedOf({ web: [a.wanted()] }));
    expect(() => plane.check()).not.toThrow();
  });

  it('says which port is taken, and starts once it is free', async () => {
    const taken = createServer().listen(here().port, '127.0.0.1');
    await once(taken, 'listening');
    const plane = await open();
    await expect(plane.apply(wantedOf({}))).rejects.toMatchObject({
      code: 'HAPROXY_NOT_STARTED',
      message: `HAProxy does not start: it cannot listen at 127.0.0.1:${here().port}: another process listens there. Set GATEWAY_LISTEN and GATEWAY_LISTEN_TLS to what is free`,
    });
    await new Promise((resolve) => taken.close(resolve));
    await plane.apply(wantedOf({}));
    expect((await get('any.localhost')).status).toBe(404);
  });
});
