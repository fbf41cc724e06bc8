import { afterAll, beforeAll, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { startControl } from './control.js';
import { containersOf } from './world.js';

/** Left out of the short form: its failure, which is told as other failures are. */
const whole = inWhole('e2e');

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

/** Asks what it is to do, says it, and fails if told so. */
const MIGRATE = `fetch(process.argv[1]).then((told) => told.text()).then((told) => {
  console.log('told to ' + told + ', with ' + process.env.DATABASE);
  process.exitCode = told === 'exit' ? 4 : 0;
});`;

const service = (says: string, url: string) =>
  greeter(says, { replicas: 2, env: { DATABASE: 'db-1' }, release: ['node', '-e', MIGRATE, url] });

const instancesOf = async (appId: string): Promise<readonly string[]> =>
  (await containersOf(appId)).map(({ name }) => name).sort();

it('the release command runs once for each release, before its first instance, and never for a rollback', async () => {
  let runs = 0;
  const control = await startControl(() => ((runs += 1), 'serve'));
  const appId = uniqueName('release');
  const ask = (mode: string, more: object = {}) => client.ask({ mode, appId, services: ['web'], ...more });

  await client.push(appId, 'web', service('one', control.url));
  const first = await ask('build-and-run');
  expect(first, JSON.stringify(first)).toMatchObject({ status: true });
  expect(runs, 'two instances, one run').toBe(1);
  expect(await instancesOf(appId), 'its container is gone').toHaveLength(2);
  expect(first.services[0]?.phases).toHaveProperty('release');
  expect(client.eventsOf(first.token).filter((event) => event === 'ReleaseCommandDone')).toHaveLength(1);

  await ask('build-and-run', { restart: true });
  await ask('stop');
  await ask('run');
  await client.scale({ appId, service: 'web', by: 1 });
  expect(runs, 'the same release').toBe(1);

  await client.push(appId, 'web', service('two', control.url));
  await ask('build-and-run');
  expect(runs, 'another release').toBe(2);
  const back = await ask('rollback');
  expect(back).toMatchObject({ status: true, services: [{ release: first.services[0]?.release }] });
  expect(runs, 'a rollback').toBe(2);
  await ask('stop');
  await control.close();
});

whole.it(
  'a release command that fails fails the deployment, and what served before goes on; the next deployment runs it again',
  async () => {
    let answer: 'serve' | 'exit' = 'serve';
    const control = await startControl(() => answer);
    const appId = uniqueName('release');
    const deploy = () => client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    await client.push(appId, 'web', service('one', control.url));
    const first = await deploy();
    const serving = await instancesOf(appId);

    answer = 'exit';
    await client.push(appId, 'web', service('two', control.url));
    const failed = await deploy();
    expect(failed.services[0]?.error).toMatchObject({
      code: 'RELEASE_FAILED',
      message: expect.stringContaining('ended with code 4. No instance was started.') as string,
      logTail: expect.stringContaining('told to exit, with db-1') as string,
    });
    expect(failed.services[0]?.serving?.instances).toHaveLength(2);
    expect(await instancesOf(appId)).toEqual(serving);
    expect(await (await fetch(String(first.services[0]?.instances[0]?.url))).text()).toBe('one');

    answer = 'serve';
    const again = await deploy();
    expect(again, JSON.stringify(again)).toMatchObject({ status: true });
    expect(await (await fetch(String(again.services[0]?.instances[0]?.url))).text()).toBe('two');
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    await control.close();
  },
);
