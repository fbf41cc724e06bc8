import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestFolder } from './service-folder.testing.js';
import { findServices } from './service-folders.js';
import { checkSource } from './source-folder.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
});
afterEach(() => folder.remove());

const service = (name: string, config = '{"runtime": "static", "port": 8080}'): Promise<string> =>
  folder.service(name, config);

describe('finding services', () => {
  it('takes every child folder with a config.json, by name', async () => {
    await service('site');
    await service('prices');
    await mkdir(join(folder.path, 'notes'));
    const { services, passedOver } = await findServices(folder.path);
    expect(services.map((found) => found.name)).toEqual(['prices', 'site']);
    expect(passedOver).toEqual([]);
  });

  it('takes the folder itself when it is one service', async () => {
    expect(await findServices(await service('prices'))).toMatchObject({ services: [{ name: 'prices' }] });
  });

  it('refused a folder name with a capital letter, with which init had written a config.json: it is mapped', async () => {
    await service('Back');
    await service('My_Prices');
    expect(await findServices(folder.path)).toMatchObject({
      services: [{ name: 'back' }, { name: 'my_prices' }],
    });
  });

  it('refuses a folder name that cannot name a service', async () => {
    await service('日本');
    await expect(findServices(folder.path)).rejects.toMatchObject({ code: 'SERVICE_NAME', exitCode: 2 });
  });

  it('refused a folder name with _, which the first deployer took: it is taken', async () => {
    await service('user_service');
    expect(await findServices(folder.path)).toMatchObject({ services: [{ name: 'user_service' }] });
  });

  it('finds the three services of the example, each with a config that parses', async () => {
    const { services: found } = await findServices(join(import.meta.dirname, '../../../../examples/shop'));
    expect(found.map(({ name }) => name)).toEqual(['app-server', 'prices', 'site']);
    for (const { directory } of found) await checkSource(directory);
  });

  describe('a config.json of another program failed the whole deploy', () => {
    const sequelize = JSON.stringify({ development: { password: 'hunter2' }, production: {} });
    const passed = { folder: 'My_Config', why: expect.stringMatching(/no runtime/) as string };

    it('its folder is passed over, whatever its name', async () => {
      await service('api');
      await service('My_Config', sequelize);
      const found = await findServices(folder.path);
      expect(found).toMatchObject({ services: [{ name: 'api' }], passedOver: [passed] });
      expect(JSON.stringify(found)).not.toContain('hunter2');
    });

    it('beside the services: they are found all the same', async () => {
      await service('api');
      await writeFile(join(folder.path, 'config.json'), sequelize);
      const { services, passedOver } = await findServices(folder.path);
      expect(services.map(({ name }) => name)).toEqual(['api']);
      expect(passedOver).toHaveLength(1);
    });

    it('and nothing else: it is said why it was passed over', async () => {
      await service('My_Config', sequelize);
      const hint = expect.stringMatching(/My_Config was passed over: .* no runtime/) as string;
      await expect(findServices(folder.path)).rejects.toMatchObject({ code: 'NO_SERVICE', hint });
    });

    it('a folder that is named alone is taken, for its faults to be said', async () => {
      const alone = await service('config', sequelize);
      expect(await findServices(alone)).toMatchObject({ services: [{ name: 'config' }] });
    });
  });
});
