import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine, type Engine } from '#libs/engine';
import { requireEnv, uniqueName } from '#libs/testing';
import { Client } from './client.js';
import { pushElsewhere, registryHost } from './elsewhere.js';
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

it('an image that somebody else built runs, is replaced, rolled back and scaled like any other release', async () => {
  const appId = uniqueName('image');
  const image = (tag: string): string => `${registryHost()}/${appId}-elsewhere:${tag}`;
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

  const digest = await pushElsewhere(builder, image('1'), 'one');
  const first = await deploy({ image: image('1') });
  expect(first.answer).toBe('one');
  expect((await containersOf(appId)).map((container) => container.image)).toEqual([
    `${image('1').replace(/:1$/, '')}@${digest}`,
  ]);

  // A tag that moves changes nothing of what was deployed.
  await pushElsewhere(builder, image('1'), 'moved');
  expect((await deploy({ image: image('1') })).answer).toBe('one');
  await pushElsewhere(builder, image('2'), 'two');
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
  const image = `${registryHost()}/no-such-image:1`;
  const config = { runtime: 'image', image, port: 8080 };
  await client.push(appId, 'web', { 'config.json': JSON.stringify(config) });
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply.services[0]?.error?.code).toBe('IMAGE_NOT_FOUND');
  expect(reply.services[0]?.error?.message).toContain('no-such-image:1');
});
