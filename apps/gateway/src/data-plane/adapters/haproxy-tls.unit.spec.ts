import { expect, it } from 'vitest';
import { carryingNothing } from '../domain/carrying.js';
import { haproxyConfig } from './haproxy-config.js';
import type { HaproxySettings, TlsSettings } from './haproxy-settings.js';

const pool = { backends: 1, servers: 1 };
const settings = (tls?: Partial<TlsSettings>): HaproxySettings => ({
  ...{ program: 'haproxy', folder: '/run/gateway', host: '0.0.0.0', port: 80 },
  ...(tls && { tls: { host: '::', port: 8443, publicPort: 443, redirects: true, hstsSeconds: 60, ...tls } }),
  pools: { least: pool, weighted: pool, sticky: pool, h2: pool },
  ...{ maxConnections: 10, idleMs: 1, tunnelIdleMs: 1, trustedProxies: [], isRoot: false },
  ...{ headMs: 10_000, cache: { bytes: 1_048_576, objectBytes: 65_536, maxAgeMs: 60_000 }, limits: {} },
});
const configOf = (tls?: Partial<TlsSettings>, challengePort?: number): readonly string[] =>
  haproxyConfig({
    ...{
      settings: settings(tls),
      carrying: carryingNothing(settings().pools),
      generation: 'g',
      challengePort,
    },
  }).split('\n');

const added = (lines: readonly string[]): readonly string[] => {
  const before = new Set(configOf());
  return lines.filter((line) => !before.has(line));
};

it('HTTPS adds these lines, and no other', () => {
  expect(added(configOf({}))).toMatchInlineSnapshot(`
    [
      "  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
      "  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
      "  ssl-default-bind-options ssl-min-ver TLSv1.2 prefer-client-ciphers no-tls-tickets",
      "  bind [::]:8443 ssl crt-list /run/gateway/certificates.list strict-sni alpn h2,http/1.1",
      "  http-request set-var(txn.port) dst_port",
      "  http-request set-var(txn.port) int(443) if { ssl_fc }",
      "  http-request add-header X-Forwarded-Port %[var(txn.port)]",
      "  http-request add-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]",
      "  http-request set-var(txn.redirected) var(txn.host),map(/run/gateway/redirects.map)",
      "  http-request set-var(txn.redirected) var(txn.host),regsub(^[^.]+,),map(/run/gateway/redirects.map) unless { var(txn.redirected) -m found }",
      "  http-request redirect prefix https://%[var(txn.host)] code 301 if { req.hdr(x-forwarded-proto) -i http } { var(txn.redirected) -m found } !{ path_beg /.well-known/acme-challenge/ } { method GET HEAD }",
      "  http-request redirect prefix https://%[var(txn.host)] code 308 if { req.hdr(x-forwarded-proto) -i http } { var(txn.redirected) -m found } !{ path_beg /.well-known/acme-challenge/ }",
      "  http-after-response set-header Strict-Transport-Security "max-age=60" if { ssl_fc }",
    ]
  `);
});

it('the path of challenges is taken from the services only where an authority is asked', () => {
  expect(added(configOf(undefined, 5_000))).toEqual([
    '  use_backend acme-challenges if { path_beg /.well-known/acme-challenge/ }',
    ...['backend acme-challenges', '  server gateway 127.0.0.1:5000 no-check'],
  ]);
});

it('nobody is sent on, and nothing is said of HSTS, where that is turned off', () => {
  const text = configOf({ redirects: false, hstsSeconds: 0 }).join('\n');
  expect(text).not.toMatch(/redirect|Strict-Transport/);
});
