import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LimitDecision, Page, ServiceLimits } from '#libs/contracts';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Client, greeter } from './client.js';
import { slipway } from './command.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

/** Uses all CPU that it may have from `/on` until `/off`, and answers meanwhile. */
const BURNER = `let isOn = false;
const burn = () => {
  const end = Date.now() + 20;
  while (Date.now() < end);
  if (isOn) setImmediate(burn);
};
require('node:http').createServer(({ url }, answer) => {
  if (url === '/on' && !isOn) { isOn = true; setImmediate(burn); }
  if (url === '/off') isOn = false;
  answer.end('ok');
}).listen(process.env.PORT);`;

async function call<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const response = await fetch(`${requireEnv('SLIPWAY_RESCALER_URL')}/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${requireEnv('SLIPWAY_API_TOKEN')}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

it('a limit follows what its instance uses: up at once, down when it is idle, each change explained', async () => {
  const appId = uniqueName('limits');
  // So small that a machine that runs other tests beside it gives as much.
  const scaling = { vertical: { cpu: { min: 0.1, max: 0.4 } } };
  const config = { scaling, resources: { cpu: 0.1, memoryMiB: 64 } };
  await client.push(appId, 'web', { ...greeter('', config), 'server.js': BURNER });
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  const url = String(reply.services[0]?.instances[0]?.url);
  const limits = `apps/${appId}/services/web/limits`;
  const changes = async (outcome: string): Promise<readonly LimitDecision[]> =>
    (await call<Page<LimitDecision>>(`${limits}/decisions?name=cpu&outcome=${outcome}`)).items;
  /** Decided since then, and applied by the kernel. */
  const applied = (outcome: string, since: number, fits: (cpu: number) => boolean) =>
    until(
      `a limit that went ${outcome}`,
      async () =>
        (await changes(outcome)).findLast(
          (one) => Date.parse(one.at) > since && one.applied !== undefined && fits(one.applied),
        ),
      { timeoutMs: 40_000 },
    );
  /** Milliseconds from the load until more is asked for. */
  const raised = async (): Promise<number> => {
    const begun = Date.now();
    await fetch(`${url}/on`);
    const up = await applied('up', begun, (cpu) => cpu > 0.1);
    expect(up).toMatchObject({ policy: 'slo', limit: 'cpu', from: expect.any(Number) as number });
    return Date.parse(up.at) - begun;
  };
  const lowered = async (): Promise<void> => {
    const begun = Date.now();
    await fetch(`${url}/off`);
    await applied('down', begun, (cpu) => cpu <= 0.2);
  };

  const known = await until('the limit of before to be known', async () => {
    const { containers } = await call<ServiceLimits>(limits);
    return containers[0]?.resources['cpu']?.current === undefined ? undefined : containers[0];
  });
  expect(known.resources['cpu']).toMatchObject({ current: 0.1, min: 0.1, max: 0.4, guard: true });

  const first = await raised();
  await applied('up', 0, (cpu) => cpu >= 0.3);
  await lowered();
  // Of two, for the machine may have other things to do.
  expect(Math.min(first, await raised())).toBeLessThan(2_500);
  expect((await slipway('rescale', 'explain', appId, 'web')).out).toContain('held back');

  const unguarded = await slipway('unguard', appId, 'web', '--reason', 'a test', '--json');
  expect(JSON.parse(unguarded.out)).toMatchObject({ guarded: false, history: [{ reason: 'a test' }] });
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});

it('by the rules of ServerlessContainers, which are configured while all runs', async () => {
  const appId = uniqueName('rules');
  const scaling = { vertical: { cpu: { min: 0.1, max: 0.4 }, policy: 'serverless' } };
  await call('rescaling/settings?reason=faster', 'PUT', { windowMs: 2_000, delayMs: 0, lookEveryMs: 1_000 });
  await client.push(appId, 'web', {
    ...greeter('', { scaling, resources: { cpu: 0.1, memoryMiB: 64 } }),
    'server.js': BURNER,
  });
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  await fetch(`${String(reply.services[0]?.instances[0]?.url)}/on`);
  const raised = await until(
    'a limit that went up',
    async () =>
      (
        await call<Page<LimitDecision>>(`apps/${appId}/services/web/limits/decisions?name=cpu&outcome=up`)
      ).items.find(({ applied }) => applied !== undefined),
    { timeoutMs: 40_000 },
  );
  expect(raised).toMatchObject({ policy: 'serverless', by: 'CpuRescaleUp', from: 0.1, to: 0.4 });
  const versions = await call<Page<{ principal: string; reason?: string }>>('rescaling/settings/versions');
  expect(versions.items[0]).toMatchObject({ principal: 'api-token', reason: 'faster' });
  await call('rescaling/settings', 'PUT', { windowMs: 10_000, delayMs: 10_000, lookEveryMs: 10_000 });
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});
