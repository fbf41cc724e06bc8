import { expect, it } from 'vitest';
import { databaseVariable, httpPortVariable, httpUrlVariable } from './app-schemas.js';

it.each([
  ['agent', 'AGENT_DATABASE_URL', 'AGENT_HTTP_PORT', 'SLIPWAY_AGENT_URL'],
  ['deployer', 'DEPLOYER_DATABASE_URL', 'DEPLOYER_HTTP_PORT', 'SLIPWAY_DEPLOYER_URL'],
  ['gateway', 'GATEWAY_DATABASE_URL', 'GATEWAY_HTTP_PORT', 'SLIPWAY_GATEWAY_URL'],
  ['load-balancer', 'LOAD_BALANCER_DATABASE_URL', 'LOAD_BALANCER_HTTP_PORT', 'SLIPWAY_LOAD_BALANCER_URL'],
  ['node-manager', 'NODE_MANAGER_DATABASE_URL', 'NODE_MANAGER_HTTP_PORT', 'SLIPWAY_API_URL'],
  ['rescaler', 'RESCALER_DATABASE_URL', 'RESCALER_HTTP_PORT', 'SLIPWAY_RESCALER_URL'],
] as const)('the variables of %s', (app, database, port, url) => {
  expect([databaseVariable(app), httpPortVariable(app), httpUrlVariable(app)]).toEqual([database, port, url]);
});
