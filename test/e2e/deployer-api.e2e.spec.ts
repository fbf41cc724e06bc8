import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployerRoutes, deploymentProgressed } from '#libs/contracts';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Client, greeter } from './client.js';

const client = new Client();
const appId = uniqueName('record');
const SECRET = 'nobodys-business';
let token: string;
let release: string;
beforeAll(async () => {
  await client.connect();
  await client.push(appId, 'web', greeter('kept', { env: { GREETING: SECRET } }));
  const first = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  release = String(first.services[0]?.release);
  token = first.token;
  // What runs is surveyed, with its release and so with its config.
  await client.ask({ mode: 'run', appId, services: ['web'], restart: true });
});
afterAll(async () => {
  await client.ask({ mode: 'stop', appId, services: ['web'] });
  await client.close();
});

const get = (path: string, bearer = requireEnv('SLIPWAY_READ_TOKEN'), headers = {}): Promise<Response> =>
  fetch(`${requireEnv('SLIPWAY_DEPLOYER_URL')}/v1/${path}`, {
    headers: { authorization: `Bearer ${bearer}`, ...headers },
  });

async function read<T>(path: string): Promise<T> {
  const response = await get(path);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

describe('the record by HTTP', () => {
  it('has a request, how far it is, and its reply', async () => {
    expect(await read(`requests/${token}`)).toEqual({
      ...{ token, kind: 'deployment', state: 'succeeded', receivedAt: expect.stringMatching(/Z$/) as string },
      request: { token, mode: 'build-and-run', appId, appName: 'Test', services: [{ name: 'web' }] },
      reply: await client.reply(token),
    });
  });

  it('has every stored step with its time and replica, as deployment.events told it', async () => {
    await until('the last step to be told', () => client.eventsOf(token).includes('TaskSucceeded'));
    const steps = await read<object[]>(`requests/${token}/history`);
    const told = client.events.filter(({ data }) => data.token === token && data.event !== 'BuildOutput');
    expect(steps.map((step) => deploymentProgressed.schema.parse(step)).map(withoutTime)).toEqual(
      told.map(({ data }) => deploymentProgressed.schema.parse(data)).map(withoutTime),
    );
    expect(steps.at(-1)).toMatchObject({
      event: 'TaskSucceeded',
      replica: expect.stringMatching(/./) as string,
    });
  });

  it('has releases with their deployments and the instances that run them', async () => {
    const { items, ...rest } = await read<{ items: object[] }>(`releases?appId=${appId}&service=web`);
    const [only, ...others] = items;
    expect([others, rest]).toEqual([[], {}]);
    expect(only).toMatchObject({
      ...{ id: release, appId, service: 'web', current: true },
      sourceDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      image: expect.stringMatching(/@sha256:[0-9a-f]{64}$/) as string,
      builder: 'local',
      deployments: [{ token }, {}],
      instances: [{ node: expect.stringMatching(/^node-/) as string, state: 'running' }],
    });
  });

  it('has what a build said, by its release and by its request, as text', async () => {
    expect(await read(`builds?appId=${appId}&service=web`)).toMatchObject([{ token, release }]);
    const byRelease = await get(`builds/${release}/log`);
    expect(byRelease.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await byRelease.text();
    expect(text).toContain('Successfully tagged');
    expect(await (await get(`requests/${token}/build-log?service=web`)).text()).toBe(text);
  });

  it("tells nobody a service's environment", async () => {
    const { items } = await read<{ items: { deployments: { token: string }[] }[] }>(
      `releases?appId=${appId}`,
    );
    const tokens = items.flatMap(({ deployments }) => deployments.map((deployment) => deployment.token));
    expect(tokens).toHaveLength(2);
    const paths = tokens.flatMap((of) => [`requests/${of}`, `requests/${of}/history`]);
    for (const path of [...paths, `releases?appId=${appId}`, `builds?appId=${appId}&service=web`])
      expect(await (await get(path)).text(), path).not.toContain(SECRET);
  });

  it('lists the requests of an application by pages, the newest first', async () => {
    const all = await read<{ items: { token: string }[] }>(`requests?appId=${appId}`);
    expect(deployerRoutes.requests.answers[200].schema.parse(all).items).toHaveLength(2);
    expect(all.items.at(-1)).toEqual({
      ...{ token, kind: 'deployment', state: 'succeeded', receivedAt: expect.any(String) as string },
    });
    const first = await read<{ items: object[]; next: string }>(`requests?appId=${appId}&limit=1`);
    const last = await read<{ items: object[] }>(`requests?appId=${appId}&limit=1&after=${first.next}`);
    expect([first.items, last]).toEqual([[all.items[0]], { items: [all.items[1]] }]);
    expect(await read(`requests?appId=${appId}&state=open`)).toEqual({ items: [] });
    expect(await read(`requests?appId=${appId}&state=succeeded`)).toEqual(all);
  });

  it.each([
    ['request', () => `requests/${token}`],
    ['history', () => `requests/${token}/history`],
    ['releases', () => `releases?appId=${appId}`],
    ['builds', () => `builds?appId=${appId}&service=web`],
    ['instances', () => `apps/${appId}/services/web/instances`],
  ] as const)('answers %s as its schema says, and 304 where that is known', async (route, path) => {
    const answer = await get(path());
    deployerRoutes[route].answers[200].schema.parse(await answer.json());
    const known = { 'if-none-match': String(answer.headers.get('etag')) };
    const again = await get(path(), undefined, known);
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it.each([
    ['requests?appId=shop&after=x', 400, 'CURSOR_INVALID'],
    ['requests?appId=shop&limit=0', 400, 'INPUT_INVALID'],
    ['requests', 400, 'INPUT_INVALID'],
    ['requests/no-such', 404, 'REQUEST_UNKNOWN'],
    ['requests/no-such/history', 404, 'REQUEST_UNKNOWN'],
    ['requests/no-such/build-log?service=web', 404, 'BUILD_LOG_UNKNOWN'],
    ['builds/no-such/log', 404, 'BUILD_LOG_UNKNOWN'],
    ['requests/a%20b', 400, 'INPUT_INVALID'],
    ['requests/no-such/build-log', 400, 'INPUT_INVALID'],
    ['releases', 400, 'INPUT_INVALID'],
    ['builds?appId=shop', 400, 'INPUT_INVALID'],
  ])('%s is answered with %d %s', async (path, status, code) => {
    const response = await get(path);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it.each([
    'requests?appId=x',
    'requests/x',
    'requests/x/history',
    'requests/x/build-log?service=web',
    'releases?appId=x',
    'builds?appId=x&service=y',
    'builds/x/log',
  ])('%s needs a token that is known', async (path) => {
    const response = await get(path, 'guessed');
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      401,
      'TOKEN_UNKNOWN',
    ]);
  });
});

const withoutTime = ({ at: _, ...step }: { readonly at: string }): object => step;
