import { scalingPolicySchema } from '#libs/contracts';
import { expect, it } from 'vitest';
import type { RegistryService } from './rows.js';
import { trafficEntries } from './traffic-entries.js';

const policy = (min: number) => scalingPolicySchema.parse({ min, max: 4, targets: { concurrency: 10 } });

const row = (more: Partial<RegistryService>): RegistryService => ({
  ...{ appId: 'shop', service: 'web', appName: 'The shop', release: null, running: 0, crashing: 0 },
  ...{ wanted: 0, wantedRelease: 'r1', wantedState: 'running', routes: null, traffic: null, scaling: null },
  canary: null,
  reportedAt: new Date(0),
  ...more,
});

it.each<[string, Partial<RegistryService>, boolean]>([
  ['runs', { wanted: 2 }, true],
  ['was scaled to 0 by a person', {}, false],
  ['scales to 0 while no request comes', { scaling: policy(0) }, true],
  ['does not scale to 0', { scaling: policy(1) }, false],
  ['scales to 0 and was stopped', { scaling: policy(0), wantedState: 'stopped' }, false],
])('a service that %s is wanted or not', (_, more, isWanted) => {
  expect(trafficEntries({ services: [row(more)], instances: [] })).toMatchObject([{ service: { isWanted } }]);
});

it('whether a service is wanted is left out where the deployer has not said', () => {
  const [entry] = trafficEntries({ services: [row({ wantedState: null, wanted: null })], instances: [] });
  expect(entry?.service).toEqual({ appId: 'shop', service: 'web' });
});
