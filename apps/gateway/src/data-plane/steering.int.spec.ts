import { expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { Wanted } from './domain/wanted.js';
import { server, wantedOf } from './domain/wanted.testing.js';
import { type PlaneUnderTest, startInstance, startPlane } from './plane.testing.js';

/** Of HAProxy's flags of a server: forced, inherited, or for want of an address. */
const MAINTENANCE = 0x23;
/** A third service costs a reload. */
const SMALL_POOL = { GATEWAY_POOL_BACKENDS: 'least=2' };

const stateOf = async (
  { command }: PlaneUnderTest,
  place: string,
): Promise<{ readonly weight: number; readonly isOut: boolean }> => {
  const [backend = '', slot = ''] = place.split('/');
  const lines = (await command(`show servers state ${backend}`)).split('\n').map((line) => line.split(' '));
  const names = lines[1]?.slice(1) ?? [];
  const line = lines.find((fields) => fields[names.indexOf('srv_name')] === slot) ?? [];
  return {
    weight: Number(line[names.indexOf('srv_uweight')]),
    isOut: (Number(line[names.indexOf('srv_admin_state')]) & MAINTENANCE) !== 0,
  };
};

it('what the balancing makes of a server stays through every change and reload, and ends with the server', async () => {
  const [a, b] = [await startInstance('a'), await startInstance('b')];
  const under = await startPlane(SMALL_POOL);
  const { plane, get } = under;
  // Also of those that come later.
  await plane.steer(new Map([['b', { weight: 30, isOut: false }]]));
  await plane.apply(wantedOf({ web: [a.wanted(), b.wanted()] }));
  expect(await stateOf(under, 'least-1/s2')).toEqual({ weight: 30, isOut: false });
  await plane.steer(new Map([['a', { weight: 7, isOut: true, mostInFlight: 3 }]]));
  expect(await stateOf(under, 'least-1/s1')).toEqual({ weight: 7, isOut: true });
  for (let n = 0; n < 4; n += 1) expect((await get()).body).toBe('b');
  // A larger pool, by a reload.
  const others = Object.fromEntries(['x', 'y', 'z'].map((id, n) => [id, [server(n + 1)]]));
  await plane.apply(wantedOf({ web: [a.wanted(), b.wanted()], ...others }));
  expect(await stateOf(under, 'least-1/s1')).toEqual({ weight: 7, isOut: true });
  await plane.steer(new Map([['a', { weight: 50, isOut: false }]]));
  expect(await stateOf(under, 'least-1/s1')).toEqual({ weight: 50, isOut: false });
  await plane.apply(wantedOf({ web: [b.wanted()], ...others }));
  await plane.apply(wantedOf({ web: [a.wanted(), b.wanted()], ...others }));
  const places = await Promise.all(['least-1/s1', 'least-1/s3'].map((place) => stateOf(under, place)));
  expect(places).toContainEqual({ weight: 100, isOut: false });
});

it('the figures are those of instances, and begin anew with a reload', async () => {
  const broken = await startInstance('broken', (_, response) => void response.writeHead(500).end());
  const [a, unused] = [await startInstance('a'), await startInstance('unused')];
  const { plane, get } = await startPlane(SMALL_POOL);
  const services = { web: [a.wanted(), broken.wanted({ weight: 1 })] };
  await plane.apply(wantedOf({ ...services, other: [unused.wanted()] }));
  for (let n = 0; n < 6; n += 1) await get('/', { method: 'POST' });
  const byName = async () => new Map((await plane.figures()).map((one) => [one.name, one]));
  // HAProxy counts an answer before it has sent all of it.
  await until('all to be counted, and to have ended', async () => {
    const all = [...(await byName()).values()];
    const answers = all.reduce((sum, one) => sum + one.counters.answers, 0);
    return answers === 6 && all.every(({ inFlight }) => inFlight === 0);
  });
  const now = await byName();
  expect(now.get('a')).toMatchObject({ isUp: true, inFlight: 0, counters: { failedAnswers: 0, lost: 0 } });
  expect(now.get('a')?.counters.requests).toBe(a.seen.length);
  expect(now.get('broken')?.counters).toMatchObject({
    ...{ requests: broken.seen.length, failedAnswers: broken.seen.length },
  });
  expect(now.get('unused')?.counters).toMatchObject({ requests: 0, answers: 0 });
  await plane.steer(new Map([['broken', { weight: 1, isOut: true }]]));
  expect((await byName()).get('broken')?.counters.requests).toBe(broken.seen.length);
  await plane.apply(wantedOf({ ...services, other: [unused.wanted()], more: [server(9)] }));
  const after = await byName();
  expect(after.get('a')?.counters.requests).toBe(0);
  expect(after.get('a')?.source).not.toBe(now.get('a')?.source);
});

it('2,000 instances of 1,000 services: what a look and a changed weight take', async () => {
  const { plane } = await startPlane({ GATEWAY_POOL_BACKENDS: 'least=1000', GATEWAY_POOL_SERVERS: '16' });
  const ids = Array.from({ length: 1_000 }, (_, n) => `s${n}`);
  const wanted: Wanted = wantedOf(
    Object.fromEntries(
      ids.map((id, n) => [
        id,
        [0, 1].map((k) => server(1, { name: `${id}-${k}`, address: '127.0.0.1', port: 1_000 + 2 * n + k })),
      ]),
    ),
  );
  await plane.apply(wanted);
  const took = async (work: () => Promise<unknown>): Promise<string> => {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const begun = performance.now();
      await work();
      times.push(performance.now() - begun);
    }
    return `${times.toSorted((x, y) => x - y)[2]?.toFixed(1)} ms`;
  };
  expect((await plane.figures()).length).toBe(2_000);
  let weight = 100;
  const steer = (names: readonly string[]) => () => {
    weight = 300 - weight;
    return plane.steer(new Map(names.map((name) => [name, { weight, isOut: false }])));
  };
  const look = await took(() => plane.figures());
  const one = await took(steer(['s500-0']));
  const hundred = await took(steer(ids.slice(0, 100).map((id) => `${id}-1`)));
  console.log(`a look at 2,000 instances ${look}; one changed weight ${one}; 100 of them ${hundred}`);
});
