import { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { InstancesController } from './instances.http.js';

it('a log whose reader had gone before the engine answered stayed open, and was an error of the deployer', async () => {
  const log = new PassThrough();
  const logs = { instances: () => Promise.resolve([]), open: () => Promise.resolve(log) };
  const raw = new ServerResponse({ method: 'GET' } as never);
  raw.destroy();
  const params = { appId: 'shop', service: 'web', instance: 'shop-web-1' };
  await new InstancesController(logs).log(
    { params, query: { tail: 1, follow: true } } as never,
    { method: 'GET' },
    { raw, hijack: () => undefined },
  );
  expect(log.destroyed).toBe(true);
});
