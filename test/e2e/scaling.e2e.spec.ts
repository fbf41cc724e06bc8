import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeploymentReply, ScaleReply, ServiceScaling } from '#libs/contracts';
import { uniqueName } from '#libs/testing';
import { Client, greeter } from './client.js';
import { slipway } from './command.js';
import { exactly, settled } from './world.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

/** Higher than those of the platform's own autoscaler, which decides nothing here: its figures must ask for an hour. */
const FENCE = 1_000_000_000;
const scaling = {
  ...{ min: 1, max: 3, targets: { memory: 100 } },
  ...{ out: { stabilisationMs: 3_600_000 }, in: { stabilisationMs: 3_600_000 } },
};

it('a policy owns the count: deploys leave it, bounds and fences hold, and what was set stays', async () => {
  const appId = uniqueName('scaled');
  const deploy = async (text: string): Promise<DeploymentReply['services'][number] | undefined> => {
    await client.push(appId, 'web', greeter(text, { scaling }));
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    return reply.services[0];
  };
  const scale = (to: number, fence: number): Promise<ScaleReply> =>
    client.scale({ appId, service: 'web', to, fence: FENCE + fence, principal: 'load-balancer' });
  const policy = async (...words: string[]): Promise<ServiceScaling> => {
    const { code, out } = await slipway('scaling', ...words, '--json');
    expect(code).toBe(0);
    return JSON.parse(out) as ServiceScaling;
  };

  expect((await deploy('one'))?.instances).toHaveLength(1);
  expect((await scale(2, 5)).service?.instances).toHaveLength(2);
  expect((await deploy('two'))?.instances).toHaveLength(2);
  expect((await scale(1, 4)).error?.code).toBe('FENCE_OUTDATED');
  expect((await scale(4, 5)).error?.code).toBe('SCALE_OUT_OF_BOUNDS');

  const set = await policy('set', appId, 'web', '--min', '0', '--max', '5', '--reason', 'the sale');
  expect(set).toMatchObject({ setBy: 'api', history: [{ reason: 'the sale' }, { change: 'build-and-run' }] });
  expect((await scale(0, 6)).service?.status).toBe('scaled-to-0');
  const proven = await deploy('three');
  expect(proven).toMatchObject({ status: 'scaled-to-0', phases: { healthy: expect.any(Number) as number } });
  expect(await settled(appId, 0)).toEqual(exactly(0));
  expect(await policy('show', appId, 'web')).toMatchObject({ policy: { min: 0, max: 5 } });
  expect(await policy('unset', appId, 'web')).toMatchObject({
    policy: { min: 1, max: 3 },
    setBy: 'config.json',
  });
  expect(await settled(appId, 1)).toEqual(exactly(1));
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});
