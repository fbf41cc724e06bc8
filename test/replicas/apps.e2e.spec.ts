import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppName, appNames } from '#libs/app-roles';
import { type AppProcess, spawnApp, uniqueName, untilReady } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';

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

const variables = {
  deployer: [
    ...['KAFKA_BROKERS', 'DATABASE_URL', 'AZURE_STORAGE_CONNECTION_STRING', 'REGISTRY_URL'],
    ...['SLIPWAY_DEPLOYER_PRIVATE_KEY', 'SLIPWAY_APP_SECRET_KEY', 'SLIPWAY_API_TOKEN'],
  ],
  'node-manager': ['KAFKA_BROKERS', 'DATABASE_URL', 'SLIPWAY_NODE_KEY', 'SLIPWAY_API_TOKEN'],
  'load-balancer': [
    ...['KAFKA_BROKERS', 'DATABASE_URL', 'SLIPWAY_NODE_KEY', 'SLIPWAY_DEPLOYER_PUBLIC_KEY'],
    'SLIPWAY_API_TOKEN',
  ],
  agent: ['KAFKA_BROKERS', 'DATABASE_URL', 'SLIPWAY_NODE_KEY'],
  gateway: ['KAFKA_BROKERS', 'DATABASE_URL'],
} as const satisfies Readonly<Record<AppName, readonly string[]>>;
const all = [...new Set(Object.values(variables).flat())];
const needs = Object.entries({ ...variables, standalone: all });

describe('every app starts alone, any number of times', () => {
  it.each([...appNames.map((app) => [app, 1] as const), ['standalone', appNames.length] as const])(
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

it('a replica that is told to end hands its share of the messages over within 2 s', async () => {
  const ending = start('deployer');
  await untilReady(ending);
  expect((await ending.stop()).code).toBe(0);
  const begun = performance.now();
  const stops = Array.from({ length: 12 }, () =>
    client.ask({ mode: 'stop', appId: uniqueName('never'), services: ['web'] }),
  );
  for (const { status } of await Promise.all(stops)) expect(status).toBe(true);
  expect(performance.now() - begun).toBeLessThan(2_000);
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

describe('an app that is not configured', () => {
  /** The apps' own names of a variable go with it. */
  const without = (names: readonly string[]): NodeJS.ProcessEnv =>
    Object.fromEntries(
      Object.entries(environment).filter(
        ([name]) => !names.some((gone) => name === gone || name.endsWith(`_${gone}`)),
      ),
    );

  it.each(needs)('%s names each missing variable, once, and what to do', async (app, names) => {
    const failed = start(app, without(names));
    expect(await failed.ended).toBe(1);
    const lines = failed.log().trimEnd().split('\n');
    expect(lines[0]).toBe('Configuration:');
    // `DATABASE_URL or DEPLOYER_DATABASE_URL is not set`: each app of the standalone has a name of its own for it.
    const missing = lines.slice(1, -1).map((line) => /^ {2}(\w+)(?: or \w+)? is not set/.exec(line)?.[1]);
    expect(new Set(lines).size).toBe(lines.length);
    expect([...new Set(missing)].sort()).toEqual([...names].sort());
    expect(lines.at(-1)).toContain('.slipway/env');
  });

  it.each([
    ['deployer', 'SLIPWAY_DEPLOYER_PRIVATE_KEY', 'hunter2', 'not a base64url JWK'],
    [
      'deployer',
      'AZURE_STORAGE_CONNECTION_STRING',
      'hunter2',
      'the connection string of an Azure storage account',
    ],
    ['deployer', 'REGISTRY_CA_FILE', '/no/such/file', 'a file that can be read'],
    ['deployer', 'BUILDER_HOST', 'tcp://x', 'unix:///'],
    ['node-manager', 'SLIPWAY_NODE_KEY', 'hunter2', 'expected 32'],
    ['node-manager', 'NODE_LAST_PORT', '19999', 'expected NODE_FIRST_PORT or a higher port'],
    ['load-balancer', 'SLIPWAY_DEPLOYER_PUBLIC_KEY', 'hunter2', 'not a base64url JWK'],
    ['load-balancer', 'LOAD_BALANCER_HTTP_PORT', '70000', '65535'],
    ['gateway', 'GATEWAY_LISTEN', 'localhost:80', 'ADDRESS:PORT, such as 127.0.0.1:8080'],
    ['gateway', 'GATEWAY_POOL_BACKENDS', 'most=3', 'least, weighted, sticky'],
  ])('%s refuses a wrong %s at its start, by its name', async (app, name, value, says) => {
    const failed = start(app, { ...environment, [name]: value });
    expect(await failed.ended).toBe(1);
    const [, problem, hint] = failed.log().split('\n');
    expect(problem).toMatch(new RegExp(`^  ${name} is .*: .*${says}`));
    expect(hint).toContain('Set these variables');
    expect(failed.log()).not.toContain('hunter2');
  });
});
