import { expect, it } from 'vitest';
import { declaredRoutes, servedRoutes } from '#libs/testing';
import { RescalerModule, type RescalerParts } from './rescaler.module.js';

it('serves every route of docs/openapi/rescaler.json and no other', async () => {
  const declared = await declaredRoutes('rescaler');
  expect(declared.length).toBeGreaterThan(2);
  expect(await servedRoutes(RescalerModule.register({} as RescalerParts))).toEqual(declared);
});
