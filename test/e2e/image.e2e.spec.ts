import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine, type Engine } from '#libs/engine';
import { requireEnv, uniqueName } from '#libs/testing';
import { Client } from './client.js';
import { containersOf } from './world.js';

const client = new Client();
let builder: Engine;
beforeAll(async () => {
  builder = connectEngine({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
  await client.connect();
});
afterAll(async () => {
  await client.close();
  await builder.close();
});

/** Builds and pushes an image beside Slipway, as another team does. */
async function pushElsewhere(image: string, says: string): Promise<string> {
  const server = `require('node:http').createServer((_, answer) => answer.end(process.argv[2] ?? '${says}')).listen(8080);`;
  const context = pack();
  context.entry(
    { name: 'Dockerfile' },
    'FROM slipway/node:24\nCOPY server.js /\nUSER 1000\nCMD ["node", "/server.js"]\n',
  );
  context.entry({ name: 'server.js' }, server);
  context.finalize();
  await builder.build({ context: context as unknown as Readable, tag: image, labels: {} });
  const { digest } = await builder.push(image, {
    username: requireEnv('REGISTRY_USERNAME'),
    password: requireEnv('REGISTRY_PASSWORD'),
    serveraddress: new URL(requireEnv('REGISTRY_URL')).host,
  });
  await builder.removeImage(image);
  return digest;
}

it('an image that somebody else built runs, is replaced, rolled back and scaled like any other release', async () => {
  const appId = uniqueName('image');
  const image = (tag: string): string =>
    `${new URL(requireEnv('REGISTRY_URL')).host}/${appId}-elsewhere:${tag}`;
  const config = {
    runtime: 'image',
    port: 8080,
    health: { path: '/' },
    resources: { cpu: 0.05, memoryMiB: 64 },
  };
  const deploy = async (more: object) => {
    await client.push(appId, 'web', { 'config.json': JSON.stringify({ ...config, ...more }) });
    const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    expect(reply, JSON.stringify(reply)).toMatchObject({ status: true });
    const [instance] = reply.services[0]?.instances ?? [];
    return { answer: await (await fetch(String(instance?.url))).text(), release: reply.services[0]?.release };
  };

  const digest = await pushElsewhere(image('1'), 'one');
  const first = await deploy({ image: image('1') });
  expect(first.answer).toBe('one');
  expect((await containersOf(appId)).map((container) => container.image)).toEqual([
    `${image('1').replace(/:1$/, '')}@${digest}`,
  ]);

  // A tag that moves changes nothing of what was deployed.
  await pushElsewhere(image('1'), 'moved');
  expect((await deploy({ image: image('1') })).answer).toBe('one');
  await pushElsewhere(image('2'), 'two');
  expect((await deploy({ image: image('2') })).answer).toBe('two');
  expect((await deploy({ image: image('2'), command: ['node', '/server.js', 'told so'] })).answer).toBe(
    'told so',
  );

  const back = await client.ask({
    mode: 'rollback',
    appId,
    services: [{ name: 'web', release: first.release }],
  });
  expect(await (await fetch(String(back.services[0]?.instances[0]?.url))).text()).toBe('one');
  const scaled = await client.scale({ appId, service: 'web', by: 1 });
  expect(scaled, JSON.stringify(scaled)).toMatchObject({ status: true });
  expect(await containersOf(appId)).toHaveLength(2);
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});

it('an image that is in no registry is refused by its name', async () => {
  const appId = uniqueName('image');
  const image = `${new URL(requireEnv('REGISTRY_URL')).host}/no-such-image:1`;
  const config = { runtime: 'image', image, port: 8080 };
  await client.push(appId, 'web', { 'config.json': JSON.stringify(config) });
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply.services[0]?.error?.code).toBe('IMAGE_NOT_FOUND');
  expect(reply.services[0]?.error?.message).toContain('no-such-image:1');
});
