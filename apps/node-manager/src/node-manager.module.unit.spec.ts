import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, it } from 'vitest';
import { httpApis } from '#libs/contracts';
import { AUDIT } from '#libs/http';
import { NodeManagerModule, type NodeManagerParts } from './node-manager.module.js';

it('serves every route of docs/openapi/node-manager.json and no other', async () => {
  const module = NodeManagerModule.register({} as NodeManagerParts);
  const root = {
    ...module,
    providers: [...(module.providers ?? []), { provide: AUDIT, useValue: () => undefined }],
  };
  const adapter = new FastifyAdapter();
  const served = new Set<string>();
  adapter.getInstance().addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') served.add(`${one} ${url}`);
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, { logger: false });
  await app.init();
  await app.close();
  const routes = httpApis['node-manager']?.routes ?? [];
  const declared = routes.map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`);
  expect(declared.length).toBeGreaterThan(2);
  expect([...served].sort()).toEqual(declared.sort());
});
