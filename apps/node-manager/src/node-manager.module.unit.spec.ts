import { expect, it } from 'vitest';
import { declaredRoutes, servedRoutes } from '#libs/testing';
import { NodeManagerModule, type NodeManagerParts } from './node-manager.module.js';

it('serves every route of docs/openapi/node-manager.json and no other', async () => {
  const declared = await declaredRoutes('node-manager');
  expect(declared.length).toBeGreaterThan(2);
  expect(await servedRoutes(NodeManagerModule.register({} as NodeManagerParts))).toEqual(declared);
});
