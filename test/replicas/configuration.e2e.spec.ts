import { describe, expect, it, type TestContext } from 'vitest';
import type { AppName } from '#libs/app-roles';
import { type AppProcess, spawnApp } from '#libs/testing';
import { isWhole } from '../short-form.js';

/** The platform's own variables. */
const environment = process.env;

function started(app: string, env: NodeJS.ProcessEnv, { onTestFinished }: TestContext): AppProcess {
  const process = spawnApp(app, env);
  onTestFinished(async () => void (await process.stop('SIGKILL')));
  return process;
}

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
  gateway: ['DATABASE_URL', 'SLIPWAY_API_TOKEN'],
  rescaler: ['KAFKA_BROKERS', 'DATABASE_URL', 'SLIPWAY_API_TOKEN'],
} as const satisfies Readonly<Record<AppName, readonly string[]>>;
const all = [...new Set(Object.values(variables).flat())];
const needs = Object.entries({ ...variables, standalone: all });
/** Each app has the same few lines in common: the short form starts two of them. */
const shown = isWhole('replicas')
  ? needs
  : needs.filter(([app]) => app === 'deployer' || app === 'standalone');

describe.concurrent('an app that is not configured', () => {
  /** The apps' own names of a variable go with it. */
  const without = (names: readonly string[]): NodeJS.ProcessEnv =>
    Object.fromEntries(
      Object.entries(environment).filter(
        ([name]) => !names.some((gone) => name === gone || name.endsWith(`_${gone}`)),
      ),
    );

  it.for(shown)('%s names each missing variable, once, and what to do', async ([app, names], test) => {
    const failed = started(app, without(names), test);
    expect(await failed.ended).toBe(1);
    const lines = failed.log().trimEnd().split('\n');
    expect(lines[0]).toBe('Configuration:');
    // `DATABASE_URL or DEPLOYER_DATABASE_URL is not set`: each app of the standalone has a name of its own for it.
    const missing = lines.slice(1, -1).map((line) => /^ {2}(\w+)(?: or \w+)? is not set/.exec(line)?.[1]);
    expect(new Set(lines).size).toBe(lines.length);
    expect([...new Set(missing)].sort()).toEqual([...names].sort());
    expect(lines.at(-1)).toContain('.slipway/env');
  });

  const wrong = [
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
    ['gateway', 'GATEWAY_POOL_BACKENDS', 'most=3', 'least, weighted, sticky, h2'],
  ] as const;
  // One in four in the short form: a schema's words have unit tests.
  const tried = isWhole('replicas') ? wrong : wrong.filter((_, n) => n % 4 === 0);

  it.for(tried)('%s refuses a wrong %s at its start, by its name', async ([app, name, value, says], test) => {
    const failed = started(app, { ...environment, [name]: value }, test);
    expect(await failed.ended).toBe(1);
    const [, problem, hint] = failed.log().split('\n');
    expect(problem).toMatch(new RegExp(`^  ${name} is .*: .*${says}`));
    expect(hint).toContain('Set these variables');
    expect(failed.log()).not.toContain('hunter2');
  });
});
