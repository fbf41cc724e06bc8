import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { type Instance, Stream } from './haproxy.testing.js';
import { type PlaneUnderTest, startInstance, startPlane } from './plane.testing.js';
import type { Profile, Wanted, WantedServer } from './domain/wanted.js';

const wanted = (
  { others, tried }: { readonly others: readonly WantedServer[]; readonly tried: readonly WantedServer[] },
  percent: number,
  profile: Profile = 'least',
): Wanted => ({
  services: [
    {
      ...{ id: 'web', profile, isAwaited: true },
      servers: [
        ...others.map((one) => ({ ...one, release: 'r1' })),
        ...tried.map((one) => ({ ...one, release: 'r2', ...(percent > 0 && { isCanary: true as const }) })),
      ],
      ...(percent > 0 && { canary: { release: 'r2', percent } }),
    },
  ],
  routes: [{ host: 'web.localhost', path: '/', service: 'web' }],
});

/** How many of so many requests each instance answered, eight at once. */
async function answersOf(port: number, requests: number): Promise<ReadonlyMap<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const answers = new Map<string, number>();
  let left = requests;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const asked = request({ port, host: '127.0.0.1', agent, headers: { host: 'web.localhost' } }).end();
      const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
      let body = '';
      for await (const part of response) body += part.toString();
      answers.set(body, (answers.get(body) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  agent.destroy();
  return answers;
}

/** Of its workers HAProxy says which was the first one: a reload makes another. */
const workerOf = async (under: PlaneUnderTest): Promise<string | undefined> =>
  /^Pid: (\d+)/m.exec(await under.command('show info'))?.[1];

async function start(profile: Profile = 'least') {
  const [a, b, c] = (await Promise.all(['a', 'b', 'c'].map((name) => startInstance(name)))) as [
    Instance,
    Instance,
    Instance,
  ];
  const under = await startPlane();
  const sides = { others: [a.wanted(), b.wanted()], tried: [c.wanted()] };
  return {
    ...{ under, a, b, c, sides },
    split: (percent: number) => under.plane.apply(wanted(sides, percent, profile)),
  };
}

describe('a canary', () => {
  it('gets its share of the requests, and another one without a reload', async () => {
    const { under, split } = await start();
    const logged: (string | undefined)[] = [];
    under.plane.onRequest(({ release }) => void logged.push(release));
    // The first canary of all brings the rules that split, by a reload.
    await split(1);
    const worker = await workerOf(under);
    for (const { percent, requests } of [
      { percent: 10, requests: 3_000 },
      { percent: 40, requests: 1_000 },
    ]) {
      await split(percent);
      const share = ((await answersOf(under.port, requests)).get('c') ?? 0) / requests;
      console.log(`${(share * 100).toFixed(1)} percent of ${requests} requests`);
      const deviation = Math.sqrt((percent * (100 - percent)) / 10_000 / requests);
      expect(Math.abs(share - percent / 100)).toBeLessThan(4 * deviation);
    }
    expect(await workerOf(under)).toBe(worker);
    await until('all lines', () => logged.length === 4_000);
    expect(new Set(logged)).toEqual(new Set(['r1', 'r2']));
  });

  it('that comes, dies, leaves or gets all requests costs no request', async () => {
    const { under, a, b, c, sides, split } = await start();
    await split(0);
    const stream = new Stream({ port: under.port, host: 'web.localhost' }, 8);
    await stream.on(50);
    await split(50);
    await stream.on(200);
    // The first canary of all came with a reload; what follows needs none.
    const worker = await workerOf(under);
    await c.kill();
    await stream.on(300);
    const again = await startInstance('d');
    await under.plane.apply(wanted({ ...sides, tried: [again.wanted()] }, 50));
    await stream.on(200);
    await under.plane.apply(wanted({ ...sides, tried: [again.wanted({ state: 'drain' })] }, 50));
    await stream.on(200);
    await under.plane.apply(wanted({ ...sides, tried: [again.wanted()] }, 50));
    await stream.on(100);
    // It gets all requests.
    await under.plane.apply(wanted({ others: [a.wanted(), b.wanted(), again.wanted()], tried: [] }, 0));
    await stream.on(200);
    await stream.stop();
    expect(stream.failures).toEqual([]);
    expect(stream.answers.get('d')).toBeGreaterThan(100);
    expect(await workerOf(under)).toBe(worker);
  });

  it('gets the requests of the others when these are away, before the gateway is told', async () => {
    const { under, a, b, split } = await start();
    await split(1);
    await Promise.all([a.kill(), b.kill()]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => under.get()));
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(20).fill('200 c'));
  });

  it('of a service with `sticky` keeps its clients, and a larger share takes none away', async () => {
    const { under, split } = await start('sticky');
    await split(30);
    const clients = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { headers, body } = await under.get();
        const cookie = (headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
        expect(cookie).toMatch(/slipway-lot=\d{1,4}/);
        expect(headers['cache-control']).toContain('private');
        return { cookie, body };
      }),
    );
    const sideOf = (body: string): string => (body === 'c' ? 'r2' : 'r1');
    expect(new Set(clients.map(({ body }) => sideOf(body)))).toEqual(new Set(['r1', 'r2']));
    for (const { cookie, body } of clients) {
      const next = await under.get('/', { headers: { cookie } });
      expect(sideOf(next.body)).toBe(sideOf(body));
      expect((next.headers['set-cookie'] ?? []).join()).not.toContain('slipway-lot');
    }
    await split(60);
    for (const { cookie, body } of clients) {
      const next = sideOf((await under.get('/', { headers: { cookie } })).body);
      if (sideOf(body) === 'r2') expect(next).toBe('r2');
    }
  });
});
