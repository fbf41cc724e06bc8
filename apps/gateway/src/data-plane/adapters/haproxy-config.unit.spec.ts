import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assign, carryingNothing } from '../domain/carrying.js';
import { server, wantedOf } from '../domain/wanted.testing.js';
import type { Rules } from '../domain/options.js';
import { haproxyConfig } from './haproxy-config.js';
import { marksMap, optionsMap, routesMap } from './haproxy-maps.js';
import type { HaproxySettings } from './haproxy-settings.js';

const pool = { backends: 1, servers: 4 };
const settings: HaproxySettings = {
  ...{ program: 'haproxy', folder: '/run/gateway', host: '0.0.0.0', port: 80 },
  pools: { least: { backends: 2, servers: 4 }, weighted: pool, sticky: pool, h2: pool },
  ...{ maxConnections: 10_000, idleMs: 300_000, tunnelIdleMs: 3_600_000 },
  ...{ trustedProxies: ['10.0.0.0/8'], isRoot: true, headMs: 10_000 },
  limits: { clientRequests: 50, clientConnections: 100, bodyBytes: 1_000_000 },
  activator: { addressOf: (backend) => `slipway-1-${backend}` },
  cache: { bytes: 67_108_864, objectBytes: 1_048_576, maxAgeMs: 600_000 },
};
const bounds = { inFlight: 20, queued: 50, queueMs: 700 };
const shop = wantedOf({ web: [server(1), server(2, { state: 'drain', weight: 7 })] }).services;
const carrying = assign(carryingNothing(settings.pools), {
  services: [
    ...shop.map((one) => ({ ...one, cache: { version: 'r1' }, limits: { requestsPerSecond: 5 } })),
    ...wantedOf({ none: [] }).services,
    ...wantedOf({ chat: [server(3, { address: 'fd00::3', mostInFlight: 20 })] }, 'sticky').services.map(
      (one) => ({ ...one, bounds, retries: false }),
    ),
  ],
  routes: [
    { host: 'shop.localhost', path: '/', service: 'web' },
    { host: 'shop.localhost', path: '/chat', service: 'chat', headers: { 'X-Tenant': 'a' }, strip: true },
    { host: 'none.localhost', path: '/', service: 'none' },
  ],
});

it('the whole configuration is as it was read and found good', () => {
  const golden = readFileSync(new URL('haproxy.golden.cfg', import.meta.url), 'utf8');
  expect(haproxyConfig({ settings, carrying, generation: 'g1', accessLogPort: 514 })).toBe(golden);
});

it('routes lead to the backends of their services, and to a refusal where a service has no server', () => {
  expect(routesMap(carrying)).toBe(
    'none.localhost/ no-server\nshop.localhost/ least-1\nshop.localhost/chat/ sticky-1:1:L2NoYXQ=::YQ==\n',
  );
});

it('what is special of a backend stands in maps', () => {
  expect([marksMap(carrying, 'queues'), marksMap(carrying, 'no-retries')]).toEqual([
    'sticky-1 50\n',
    'sticky-1 yes\n',
  ]);
});

it('options are those of the services that have some', () => {
  expect(optionsMap(carrying)).toBe('least-1 r1:50:\n');
});

it('what no service needs costs no rule', () => {
  const { clientRequests: _, clientConnections: __, bodyBytes: ___, ...limits } = settings.limits;
  const text = haproxyConfig({
    settings: { ...settings, limits, activator: undefined },
    carrying: assign(carryingNothing(settings.pools), wantedOf({ web: [server(1)] })),
    generation: 'g1',
  });
  expect(text).not.toMatch(/cache-(use|store)|stick-table|track-sc|txn\.(options|client)|activator/i);
});

it('nobody is trusted where nobody is named, and nothing is logged where nothing listens', () => {
  const text = haproxyConfig({
    settings: { ...settings, trustedProxies: [], isRoot: false, host: '::' },
    ...{ carrying, generation: 'g1' },
  });
  expect(text).toContain('acl is-trusted always_false\n');
  expect(text).toContain('bind [::]:80\n');
  expect(text).not.toMatch(/^ {2}(log 127|log-format|uid)/m);
});

it('the first canary adds these lines, and no other', () => {
  const linesOf = (rules: readonly Rules[]): readonly string[] =>
    haproxyConfig({
      settings,
      carrying: { ...carryingNothing(settings.pools), rules: new Set(rules) },
      generation: 'g1',
    }).split('\n');
  const before = new Set(linesOf(['cache']));
  expect(linesOf(['cache', 'splits']).filter((line) => !before.has(line))).toMatchInlineSnapshot(`
    [
      "  http-request set-var(txn.split) var(txn.to),map_str(/run/gateway/splits.map)",
      "  http-request set-var(txn.lot) rand(10000) if { var(txn.split) -m found }",
      "  acl has-lot req.cook(slipway-lot) -m reg '^[0-9]{1,4}$'",
      "  http-request set-var(txn.lot) req.cook(slipway-lot) if { var(txn.split),field(3,:) -m str sticky } has-lot",
      "  http-request set-var(txn.drawn) bool(true) if { var(txn.split),field(3,:) -m str sticky } !has-lot",
      "  http-request set-var(txn.below) var(txn.split),field(2,:)",
      "  http-request set-var(txn.to) var(txn.split),field(1,:) if { var(txn.lot),sub(txn.below) lt 0 } { var(txn.split),field(1,:),nbsrv gt 0 }",
      "  http-request set-var(txn.options) var(txn.to),map_str(/run/gateway/options.map) if { var(txn.split) -m found }",
      "  http-after-response add-header Set-Cookie "slipway-lot=%[var(txn.lot)]; Path=/; HttpOnly" if { var(txn.drawn) -m bool }",
      "  http-after-response add-header Cache-Control private if { var(txn.drawn) -m bool }",
    ]
  `);
});
