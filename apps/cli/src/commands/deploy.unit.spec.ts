import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestFolder } from '../adapters/service-folder.testing.js';
import { Output } from '../output.js';
import { checkedFolders } from './deploy.js';
import { buildRequest } from './request.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
  const api = await folder.service('api', '{"runtime": "static", "port": 8080}');
  await writeFile(join(api, 'index.html'), '<!doctype html><title>Api</title>');
  await folder.service('config', '{"development": {"password": "hunter2"}}');
});
afterEach(() => folder.remove());

function recordingOutput(): { readonly output: Output; readonly said: string[] } {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) } as never;
  return { output: new Output({ json: false, out: stream, err: stream }), said };
}

describe('a folder with the config.json of another program beside the services', () => {
  it('failed the deploy: it is passed over, and said with its reason', async () => {
    const { output, said } = recordingOutput();
    const { services } = await checkedFolders({ directory: folder.path, services: [] }, output);
    expect(services.map(({ name }) => name)).toEqual(['api']);
    expect(said).toEqual([
      'passed over config: its config.json has no runtime, so it is not that of a service\n',
      expect.stringMatching(/^api: static, by config\.json/),
    ]);
  });

  it('asked for by name is refused, with the reason', async () => {
    const hint = expect.stringMatching(/It has api\. config was passed over: .* no runtime/) as string;
    const asked = checkedFolders({ directory: folder.path, services: ['config'] }, recordingOutput().output);
    await expect(asked).rejects.toMatchObject({ code: 'NO_SERVICE', hint });
  });
});

describe('a site whose build reads .env.production, which is left out', () => {
  it.each([
    ['vite build', true],
    [undefined, false],
  ])('was built without its values, and nothing said so: with the build %s', async (build, isSaid) => {
    const site = await folder.service('site', '{"runtime": "static", "port": 8080}');
    await writeFile(join(site, '.env.production'), 'VITE_API_URL=https://api.example.org\n');
    if (build === undefined) await writeFile(join(site, 'index.html'), '<!doctype html>');
    else
      await writeFile(
        join(site, 'package.json'),
        JSON.stringify({ scripts: { build }, devDependencies: { vite: '5' } }),
      );
    const { output, said } = recordingOutput();
    await checkedFolders({ directory: folder.path, services: ['site'] }, output);
    expect(said.some((line) => line.startsWith('note: site: .env.production is left out'))).toBe(isSaid);
  });
});

describe('a folder whose name has capital letters', () => {
  it.each(['Back', 'back'])(
    'asked for as %s is deployed by the name that was made of it, and that is said',
    async (asked) => {
      const back = await folder.service('Back', '{"runtime": "static", "port": 8080}');
      await writeFile(join(back, 'index.html'), '<!doctype html><title>Back</title>');
      const { output, said } = recordingOutput();
      const found = await checkedFolders({ directory: folder.path, services: [asked] }, output);
      expect(found.services).toMatchObject([{ name: 'back' }]);
      expect(said).toContain('Back is deployed as back\n');
    },
  );
});

describe('a folder whose name has _', () => {
  beforeEach(async () => {
    const users = await folder.service('user_service', '{"runtime": "static", "port": 8080}');
    await writeFile(join(users, 'index.html'), '<!doctype html><title>Users</title>');
  });

  it.each(['user_service', 'user-service'])(
    'is asked for as %s, and said by the name here',
    async (asked) => {
      const { output } = recordingOutput();
      const found = await checkedFolders({ directory: folder.path, services: [asked] }, output);
      expect(found.services).toMatchObject([{ name: 'user_service' }]);
      expect(found.detected).toMatchObject([{ service: 'user-service' }]);
    },
  );

  it('beside one that has the same name here: the request of both is refused with both names', () => {
    const services = [{ name: 'user_service' }, { name: 'user-service' }];
    const both = { mode: 'build-and-run', appId: 'shop', services, timeoutMs: 60_000 } as const;
    expect(() => buildRequest(both)).toThrow('user_service and user-service are the same here');
  });

  it('is asked for by its name here, with a note of how it was written', () => {
    const wish = {
      mode: 'run',
      appId: 'my_app',
      services: [{ name: 'user_service' }],
      timeoutMs: 60_000,
    } as const;
    expect(buildRequest(wish)).toMatchObject({
      ...{ appId: 'my-app', services: [{ name: 'user-service' }] },
      written: { appId: 'my_app', services: ['user_service'] },
    });
  });
});

describe('a folder without a config.json', () => {
  let site: string;
  beforeEach(async () => {
    site = join(folder.path, 'sites', 'site');
    await mkdir(site, { recursive: true });
    await writeFile(join(site, 'index.html'), '<!doctype html><title>Site</title>');
  });
  const next = (): string => `slipway init ${site}`;

  it('is offered to get one at a terminal, and is deployed then', async () => {
    const { output, said } = recordingOutput();
    const confirm = vi.fn(() => Promise.resolve(true));
    const { services, detected } = await checkedFolders({ directory: site, services: [], confirm }, output);
    expect(confirm).toHaveBeenCalledExactlyOnceWith('Write one, as slipway init does?');
    expect(services.map(({ name }) => name)).toEqual(['site']);
    expect(detected).toEqual([{ service: 'site', detected: expect.stringMatching(/^static/) as string }]);
    expect(said[1], 'what it would write was not shown').toBe(
      `would write ${join(site, 'config.json')}: static, by index.html; port 8080\n`,
    );
    expect(said.join('')).toContain(`wrote ${join(site, 'config.json')}: static, by index.html`);
  });

  it.each([
    ['nobody sits at a terminal', undefined],
    ['the answer is no', () => Promise.resolve(false)],
  ])('is refused with the command that writes one, where %s', async (_, confirm) => {
    const asked = checkedFolders({ directory: site, services: [], confirm }, recordingOutput().output);
    await expect(asked).rejects.toMatchObject({ code: 'NO_SERVICE', next: next() });
  });

  it('is never asked about where programs read the answer', async () => {
    const stream = { write: () => true } as never;
    const output = new Output({ json: true, out: stream, err: stream });
    const confirm = vi.fn(() => Promise.resolve(true));
    const asked = checkedFolders({ directory: site, services: [], confirm }, output);
    await expect(asked).rejects.toMatchObject({ code: 'NO_SERVICE' });
    expect(confirm).not.toHaveBeenCalled();
  });
});
