import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { appImages, images } from '../../scripts/containers/apps.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { type OneMachine, startOneMachine } from '../../scripts/one-machine/start.js';
import { userEnv } from '../demo/demo-run.js';
import { ComposeHost } from './compose-host.js';
import { composeTwo } from './compose-two.js';

const TAG = 'infra-test';
const EXAMPLE = 'examples/shop';
const CA = 'registry-ca.crt';
const BUILDER_KEY = 'builder-key';
const quiet = (): void => undefined;

let machine: OneMachine;
let host: ComposeHost;
let parts: Readonly<Record<string, string>>;
let plugin: string;

beforeAll(async () => {
  for (const name of Object.keys(process.env))
    if (!(name in userEnv()) && !/^(?:VITEST|NODE_ENV)/.test(name)) delete process.env[name];
  machine = await startOneMachine({ nodes: 1, report: quiet });
  await ensurePackages({ report: quiet }, { 'docker-compose': '/usr/bin/docker-compose' });
  plugin = await composeTwo();
  host = new ComposeHost(String(machine.env['BUILDER_HOST']).slice('unix://'.length));
  parts = await host.buildParts();
  await host.loadImages(TAG);
}, 900_000);

afterAll(async () => {
  host?.remove();
  await machine?.stop();
});

it('npm run images brings every app, other than root, with a health check, in one tar', async () => {
  expect((await host.imagesOf(TAG)).toSorted()).toEqual(
    images.map(({ name }) => `slipway/${name}:${TAG}`).toSorted(),
  );
  for (const name of await host.imagesOf(TAG)) {
    const [{ Config: config }] = JSON.parse(await host.docker('image', 'inspect', name)) as [
      { Config: Record<string, unknown> },
    ];
    expect(config).toMatchObject({
      User: '10001:10001',
      StopSignal: 'SIGTERM',
      Healthcheck: { Test: ['CMD', 'node', '/app/docker/health.mjs'] },
    });
  }
  expect(
    await host.docker('run', '--rm', '--entrypoint', 'slipway', `slipway/standalone:${TAG}`, '--version'),
  ).toMatch(/^\d+\.\d+\.\d+$/);
});

/** What its user sets before the first start. */
const given = (builder: Readonly<Record<string, string>>) => {
  const { REGISTRY_URL, REGISTRY_USERNAME, REGISTRY_PASSWORD, BASE_IMAGES } = machine.env as Record<
    string,
    string
  >;
  const registry = {
    REGISTRY_URL,
    REGISTRY_USERNAME,
    REGISTRY_PASSWORD,
    REGISTRY_CA_FILE: `/etc/slipway/${CA}`,
  };
  return { ...parts, ...registry, BASE_IMAGES, ...builder, SLIPWAY_VERSION: TAG } as Record<string, string>;
};

const bySocket = (): Record<string, string> => ({});
const bySsh = (): Record<string, string> => {
  const node = machine.nodes[0];
  const query = new URLSearchParams({
    hostKey: String(node?.hostKeyFingerprint),
    keyFile: `/etc/slipway/${BUILDER_KEY}`,
  });
  return { BUILDERS: `far=ssh://${node?.sshUser}@${node?.address}:${node?.sshPort}?${query}` };
};

describe.each([
  { form: 'slim', compose: 1, how: 'by socket', builder: bySocket, apps: ['standalone'] },
  { form: 'prod', compose: 2, how: 'over SSH', builder: bySsh, apps: appImages.map(({ name }) => name) },
])('$form by compose $compose, building $how', ({ form, compose, builder, apps }) => {
  const project = `slipway-${form}`;
  const node = () => machine.nodes[0];

  async function says(...words: readonly string[]): Promise<string> {
    const { code, said } = await host.runSh(form, words);
    expect(code, said).toBe(0);
    return said;
  }

  async function answers(): Promise<boolean> {
    const said = await says('slipway', 'status', 'shop');
    const urls = said.match(/http:\/\/\S+/g) ?? [];
    expect(urls.length, said).toBeGreaterThan(0);
    const all = await Promise.all(
      urls.map((url) =>
        fetch(url).then(
          ({ status }) => status < 500,
          () => false,
        ),
      ),
    );
    return all.every(Boolean);
  }

  beforeAll(async () => {
    if (compose === 2) host.takeComposeTwo(plugin);
    await host.forget(project);
    const { code, said } = await host.runSh(form, ['init'], { env: given(builder()) });
    expect(code, said).toBe(0);
    host.provide(form, CA, String(machine.env['REGISTRY_CA_FILE']));
    host.provide(form, BUILDER_KEY, String(node()?.privateKeyFile));
    copyFileSync(String(node()?.privateKeyFile), join(host.folder, 'key'));
    expect(await says('up')).toContain('next: ');
    // Each compose names containers in its own way.
    const name = compose === 2 ? `${project}-kafka-1` : `${project}_kafka_1`;
    expect(await host.docker('ps', '--format', '{{.Names}}')).toContain(name);
    const words = ['--address', String(node()?.address), '--ssh-user', 'root', '--key-file', 'key'];
    const added = await host.runSh(form, ['slipway', 'node', 'add', 'node-1', ...words], {
      cwd: host.folder,
    });
    expect(added.code, added.said).toBe(0);
  }, 300_000);

  // Where a test failed, it is up still.
  afterAll(async () => {
    if (existsSync(join(host.folder, 'state', form))) await says('down', '--data');
  }, 120_000);

  it('deploys the example', async () => {
    const said = await says('slipway', 'deploy', EXAMPLE, '--app', 'shop');
    expect(said).toMatch(/http:\/\/\S+/);
    await until('every service answers', answers, { timeoutMs: 60_000 });
  });

  it('survives docker kill of each app', async () => {
    for (const app of apps) await host.docker('kill', await host.containerOf(project, app));
    // Another replica goes on at once; where there is none, a start brings it back.
    if (apps.length === 1) await says('up');
    expect(await says('slipway', 'scale', 'shop', 'prices', '2')).toContain('prices');
    await until('every service answers', answers, { timeoutMs: 60_000 });
    await says('up');
  });

  it('leaves nothing behind', async () => {
    for (const service of ['app-server', 'prices', 'site']) await says('slipway', 'stop', 'shop', service);
    await says('down', '--data');
    for (const kind of ['container', 'volume', 'network'])
      expect(await host.thingsOf(kind, project), kind).toEqual([]);
    for (const engine of [String(machine.env['BUILDER_HOST']), `unix://${machine.hosts[0]?.socketPath}`])
      expect(await host.docker('--host', engine, 'ps', '--all', '--quiet')).toBe('');
  });
});
