import { expect, it } from 'vitest';
import { declaredRoutes, servedRoutes } from '#libs/testing';
import { LoadBalancerModule, type LoadBalancerParts } from './load-balancer.module.js';

it('serves every route of docs/openapi/load-balancer.json and no other', async () => {
  const declared = await declaredRoutes('load-balancer');
  expect(declared.length).toBeGreaterThan(2);
  expect(await servedRoutes(LoadBalancerModule.register({} as LoadBalancerParts))).toEqual(declared);
});
