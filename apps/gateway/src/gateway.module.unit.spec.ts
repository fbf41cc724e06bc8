import { expect, it } from 'vitest';
import { declaredRoutes, servedRoutes } from '#libs/testing';
import { GatewayModule, type GatewayParts } from './gateway.module.js';

it('serves every route of docs/openapi/gateway.json and no other', async () => {
  const declared = await declaredRoutes('gateway');
  expect(declared.length).toBeGreaterThan(0);
  expect(await servedRoutes(GatewayModule.register({} as GatewayParts))).toEqual(declared);
});
