import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { appNames } from '#libs/app-roles';
import { type AppProcess, spawnApp, uniqueName, untilReady } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { isWhole } from '../short-form.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

/** The platform's own variables, as `.slipway/env` gives them to whoever starts a further app. */
const environment = process.env;
const started: AppProcess[] = [];

function start(app: string, env: NodeJS.ProcessEnv = environment): AppProcess {
  const process = spawnApp(app, env);
  started.push(process);
  return process;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop('SIGKILL')));
});

/** The deployer stands for all apps in the short form: they share what starts and ends them. */
const apps = isWhole('replicas')
  ? [...appNames.map((app) => [app, 1] as const), ['standalone', appNames.length] as const]
  : [['deployer', 1] as const];

describe('every app starts alone, any number of times', () => {
  it.each(apps)(
    '%s: two more beside the platform, which all work together and end in order',
    async (app, parts) => {
      const replicas = [start(app), start(app)];
      await Promise.all(replicas.map((replica) => untilReady(replica, parts)));
      for (const replica of replicas)
        for (const url of Object.values(replica.httpUrls()))
          expect((await fetch(`${url}/ready`)).status).toBe(200);
      const appId = uniqueName('replicas');
      await client.push(appId, 'web', greeter('from any of them'));
      const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
      expect(await (await fetch(String(reply.services[0]?.instances[0]?.url))).text()).toBe(
        'from any of them',
      );
      const ends = await Promise.all(replicas.map((replica) => replica.stop()));
      expect(ends.map(({ code }) => code)).toEqual([0, 0]);
      for (const { ms } of ends) expect(ms).toBeLessThan(9_000);
      expect(await client.ask({ mode: 'stop', appId, services: ['web'] })).toMatchObject({ status: true });
    },
  );

  it('a start that fails on a taken port leaves the others working', async () => {
    const { port } = new URL(String(environment['SLIPWAY_DEPLOYER_URL']));
    const failed = start('deployer', { ...environment, DEPLOYER_HTTP_PORT: port });
    expect(await failed.ended).toBe(1);
    expect(failed.log()).toContain(`address already in use 127.0.0.1:${port}`);
    const begun = performance.now();
    const reply = await client.ask({ mode: 'stop', appId: uniqueName('never'), services: ['web'] });
    expect(reply).toMatchObject({ status: true });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

it('a replica that is told to end hands its share of the messages over: nobody waits until its session ends', async () => {
  const ending = start('deployer');
  await untilReady(ending);
  expect((await ending.stop()).code).toBe(0);
  const begun = performance.now();
  const stops = Array.from({ length: 12 }, () =>
    client.ask({ mode: 'stop', appId: uniqueName('never'), services: ['web'] }),
  );
  for (const { status } of await Promise.all(stops)) expect(status).toBe(true);
  expect(performance.now() - begun).toBeLessThan(5_000); // The shortest session that brokers allow lasts 6 s.
});

it('a replica that is killed holds the others up for seconds only', async () => {
  const killed = start('standalone');
  await untilReady(killed, appNames.length);
  await killed.stop('SIGKILL');
  const begun = performance.now();
  const next = start('standalone');
  await untilReady(next, appNames.length);
  const reply = await client.ask({ mode: 'stop', appId: uniqueName('never'), services: ['web'] });
  expect(reply).toMatchObject({ status: true });
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect((await next.stop()).code).toBe(0);
});
