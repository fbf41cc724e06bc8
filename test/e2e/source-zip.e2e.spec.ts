import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blobStoreOf } from '#libs/blob';
import { uniqueName } from '#libs/testing';
import { greeter } from './client.js';
import { RunningCommand, slipway } from './command.js';
import { sourceFolders } from './source-folders.js';

const folders = sourceFolders();
beforeAll(() => folders.make());
afterAll(() => folders.remove());

async function uploaded(blob: string): Promise<Buffer> {
  const blobs = blobStoreOf(process.env);
  return buffer((await blobs.open(blob)).stream);
}

it('two who deployed the same folder in two time zones sent two zips: SOURCE_CHANGED for one of them', async () => {
  const app = uniqueName('zoned');
  const root = await folders.write({ web: { ...greeter('zoned'), ä: '1', Z: '2', z: '3' } });
  const zips: Buffer[] = [];
  for (const place of [
    { TZ: 'Pacific/Kiritimati', LC_ALL: 'sv_SE.UTF-8' },
    { TZ: 'America/Los_Angeles', LC_ALL: 'de_DE.UTF-8' },
  ]) {
    const words = ['push', join(root, 'web'), '--app', app];
    const { code } = await new RunningCommand(words, { ...process.env, ...place }).ended;
    expect(code).toBe(0);
    zips.push(await uploaded(`${app}--web.zip`));
  }
  const [one, other] = zips.map((zip) => zip.toString('base64'));
  expect(other).toBe(one);
});

it('a push uploaded .env, and a folder with the config.json of another program failed the deploy', async () => {
  const app = uniqueName('dirty');
  const other = JSON.stringify({ development: { password: 'hunter2' } });
  const root = await folders.write({
    web: { ...greeter('clean'), '.env': 'TOKEN=hunter2', 'a.log': '', '.gitignore': '*.log' },
    config: { 'config.json': other },
  });
  const leftOut = [
    { path: '.env', by: 'default' },
    { path: 'a.log', by: '.gitignore' },
  ];
  const pushed = await slipway('push', join(root, 'web'), '--app', app, '--json');
  expect(JSON.parse(pushed.out)).toMatchObject({ leftOut });
  expect((await uploaded(`${app}--web.zip`)).toString('latin1')).not.toContain('.env');
  const planned = await slipway('plan', root, '--app', app, '--json');
  expect(planned.err).toMatch(/^passed over config: .*no runtime/m);
  expect(planned.err).toMatch(/^web: left out by default: \.env; by \.gitignore: a\.log$/m);
  expect(planned.out + planned.err).not.toContain('hunter2');
  expect(JSON.parse(planned.out)).toMatchObject({
    status: true,
    passedOver: [{ folder: 'config' }],
    leftOut: leftOut.map((one) => ({ service: 'web', ...one })),
  });
});
