import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { type OneMachine, startOneMachine } from '../../scripts/one-machine/start.js';
import { type Platform, startPlatform } from '../../scripts/platform.js';
import { userEnv } from '../demo/demo-run.js';
import { Client, greeter } from '../e2e/client.js';
import { containersOf, registryRows, reservationsOf } from '../e2e/world.js';

let machine: OneMachine | undefined;
let platform: Platform | undefined;
let client: Client | undefined;

beforeAll(async () => {
  // Servers of another stage are not this one's.
  for (const name of Object.keys(process.env))
    if (!(name in userEnv()) && !/^(?:VITEST|NODE_ENV)/.test(name)) delete process.env[name];
  machine = await startOneMachine({ simulated: true, report: () => undefined });
  const logFile = join('.slipway', 'simulated-platform.log');
  platform = await startPlatform({ ...machine, logFile });
  Object.assign(process.env, machine.env, platform.env);
  client = new Client();
  await client.connect();
});
afterAll(async () => {
  await client?.close();
  await platform?.stop();
  await machine?.stop();
});

it('a platform on simulated engines builds, runs, replaces and stops over real SSH', async () => {
  const user = client as Client;
  const appId = uniqueName('simulated');
  const request = { appId, services: ['web'] };
  await user.push(appId, 'web', greeter('unused', { env: { SIMULATED: '{"body":"simulated"}' } }));
  const built = await user.ask({ ...request, mode: 'build-and-run' });
  expect(built).toMatchObject({ status: true, services: [{ status: 'running' }] });
  const [first] = built.services[0]?.instances ?? [];
  expect(await (await fetch(String(first?.url))).text()).toBe('simulated');
  expect(await containersOf(appId)).toMatchObject([{ id: first?.container, state: 'running' }]);

  const again = await user.ask({ ...request, mode: 'run', restart: true });
  const [second] = again.services[0]?.instances ?? [];
  expect(second?.container).not.toBe(first?.container);
  expect(await containersOf(appId)).toMatchObject([{ id: second?.container, state: 'running' }]);

  expect(await user.ask({ ...request, mode: 'stop' })).toMatchObject({ services: [{ status: 'stopped' }] });
  expect(await containersOf(appId)).toEqual([]);
  await expect(fetch(String(second?.url))).rejects.toThrow();
  await expect
    .poll(async () => (await registryRows(appId)).map(({ state }) => state))
    .toEqual(['stopped', 'stopped']);
  await expect.poll(() => reservationsOf(appId)).toEqual(['released', 'released']);
});

it('a service that ends at its start is told with its exit code, and leaves no container', async () => {
  const user = client as Client;
  const appId = uniqueName('simulated');
  const ends = JSON.stringify({ listens: false, exit: { code: 3 } });
  await user.push(appId, 'web', greeter('unused', { env: { SIMULATED: ends } }));
  const reply = await user.ask({ appId, services: ['web'], mode: 'build-and-run' });
  expect(reply.services[0]?.error).toMatchObject({ code: 'CONTAINER_EXITED' });
  expect(reply.services[0]?.error?.message).toContain('exited with code 3');
  expect(await containersOf(appId)).toEqual([]);
});
