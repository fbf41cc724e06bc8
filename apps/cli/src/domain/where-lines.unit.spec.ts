import { expect, it } from 'vitest';
import type { RegistryInstance } from '#libs/contracts';
import { changeLines, historyLines, whereLines } from './where-lines.js';

const at = '2026-01-01T00:00:00.000Z';
const service = {
  ...{ appId: 'shop', service: 'web', running: 1, wanted: 2, wantedState: 'running' as const, release: 'r1' },
  reportedAt: at,
};
const instance: RegistryInstance = {
  ...{ instance: 'shop-web-1', state: 'running', since: at, appId: 'shop', service: 'web', release: 'r1' },
  ...{ node: 'node-1', ip: '10.0.0.1', port: 20001, url: 'http://10.0.0.1:20001', reportedAt: at },
};
const worker: RegistryInstance = {
  ...{ instance: 'shop-web-2', state: 'draining', since: at, appId: 'shop', service: 'web', release: 'r1' },
  ...{ node: 'node-2', ip: '10.0.0.2', reason: 'It moves off its node.', reportedAt: at },
};

it('says where a service runs, and why an instance is as it is', () => {
  expect(whereLines({ ...service, instances: [instance, worker] })).toEqual([
    'APP   SERVICE  RUNNING  STATE    RELEASE',
    'shop  web      1/2      running  r1',
    '',
    'STATE     SINCE                     NODE    ADDRESS         URL                    RELEASE  INSTANCE',
    `running   ${at}  node-1  10.0.0.1:20001  http://10.0.0.1:20001  r1       shop-web-1`,
    `draining  ${at}  node-2  -               -                      r1       shop-web-2`,
    '',
    'shop-web-2 is draining: It moves off its node.',
  ]);
});

it('a service without an instance was shown without a word on where to look', () => {
  expect(whereLines({ ...service, running: 0, instances: [] }).slice(2)).toEqual([
    '',
    'No instance lives. What happened to those before: slipway status shop web --history',
  ]);
});

it('lists what happened', () => {
  const event = {
    instance: 'shop-web-1',
    at,
    event: 'stopped',
    appId: 'shop',
    service: 'web',
    release: 'r1',
  };
  expect(
    historyLines([{ ...event, node: 'node-1', reason: 'The service was stopped (request t1).' }]),
  ).toEqual([
    'TIME                      EVENT    NODE    INSTANCE    WHY',
    `${at}  stopped  node-1  shop-web-1  The service was stopped (request t1).`,
  ]);
});

it.each([
  [{ kind: 'instance', instance }, `${at} shop-web-1 is running on node-1, http://10.0.0.1:20001`],
  [{ kind: 'instance', instance: worker }, `${at} shop-web-2 is draining on node-2: It moves off its node.`],
  [
    ...([{ kind: 'instance', instance: { ...instance, crashing: { restarts: 2, since: at } } }] as const),
    `${at} shop-web-1 is crashing on node-1, http://10.0.0.1:20001`,
  ],
  [{ kind: 'service', service }, 'shop/web runs 1/2'],
  [{ kind: 'service', service: { ...service, wanted: null } }, 'shop/web runs 1'],
  [
    ...([
      { kind: 'node', node: { name: 'n', state: 'cordoned', address: 'a', stateReason: 'new disk' } },
    ] as const),
    'node n is cordoned: new disk',
  ],
  [{ kind: 'node', node: { name: 'n', state: 'ready', address: 'a' } }, 'node n is ready'],
] as const)('a change of %j is one line', (change, line) => {
  expect(changeLines({ revision: 1, name: 'x', ...change })).toEqual([line]);
});

it('what was removed from the registry ended long ago: there is nothing to say', () => {
  expect(changeLines({ revision: 1, kind: 'instance', name: 'x' })).toEqual([]);
});
