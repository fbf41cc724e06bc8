import { expect, it } from 'vitest';
import { declaredRoutes, servedRoutes } from '#libs/testing';
import { DeployerModule, type DeployerModuleParts } from './deployer.module.js';

it('serves every route of docs/openapi/deployer.json and no other', async () => {
  const declared = await declaredRoutes('deployer');
  expect(declared.length).toBeGreaterThan(5);
  expect(await servedRoutes(DeployerModule.register({} as DeployerModuleParts))).toEqual(declared);
});
