import { describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { databaseOf, feedOf, folderOf, gatewayConfigSchema } from './gateway.config.js';

const load = (more: Readonly<Record<string, string>> = {}) =>
  loadConfig(gatewayConfigSchema, {
    ...{ DATABASE_URL: 'postgres://u:p@localhost/x', SLIPWAY_API_TOKEN: 'the-token-that-changes' },
    ...more,
  });

describe('the configuration of a gateway', () => {
  it('carries nothing by itself, and is complete with the address to listen at', () => {
    expect(load().GATEWAY_LISTEN).toBeUndefined();
    const config = load({ GATEWAY_LISTEN: '[::1]:80', GATEWAY_POOL_BACKENDS: 'sticky=3' });
    expect(config).toMatchObject({
      GATEWAY_LISTEN: { host: '::1', port: 80 },
      GATEWAY_POOL_BACKENDS: { least: 64, weighted: 8, sticky: 3, h2: 8 },
      ...{ GATEWAY_DOMAIN: 'localhost', GATEWAY_TRUSTED_PROXIES: [], GATEWAY_LEAVE_HAPROXY: false },
    });
    expect(folderOf(config, 80)).toMatch(/\/slipway-gateway-80$/);
    expect(folderOf(load({ GATEWAY_FOLDER: '/run/gateway' }), 80)).toBe('/run/gateway');
  });

  it('limits no client and keeps no answer by itself; requests wait for an instance', () => {
    const config = load({ GATEWAY_PROBE_PATHS: '/healthz, /ready' });
    expect(config).toMatchObject({
      ...{ GATEWAY_CACHE: false, GATEWAY_WAIT_MS: 30_000, GATEWAY_PROBE_PATHS: ['/healthz', '/ready'] },
    });
    expect(config.GATEWAY_PROBE_AGENTS).toContain('kube-probe');
    for (const name of ['CLIENT_REQUESTS', 'CLIENT_CONNECTIONS', 'BODY_BYTES'] as const)
      expect(config[`GATEWAY_${name}`]).toBeUndefined();
  });

  it.each([
    ['GATEWAY_LISTEN', '8080', 'ADDRESS:PORT'],
    ['GATEWAY_LISTEN', '127.0.0.1:0', 'ADDRESS:PORT'],
    ['GATEWAY_LISTEN', '127.0.0.1:70000', 'ADDRESS:PORT'],
    ['GATEWAY_DOMAIN', 'Example.com', 'a domain in lower case'],
    ['GATEWAY_POOL_BACKENDS', 'least=0', '1 to 10000'],
    ['GATEWAY_POOL_SERVERS', '0', '1'],
    ['GATEWAY_TRUSTED_PROXIES', 'proxy.example.com', 'networks with commas'],
    ['GATEWAY_HEAD_MS', '0', '100'],
    ['GATEWAY_CLIENT_REQUESTS', '0', '0.1'],
    ['GATEWAY_CACHE_BYTES', '1000', '1048576'],
    ['GATEWAY_WAIT_REQUESTS', '0', '1'],
    ['GATEWAY_PROBE_PATHS', 'healthz', 'paths with commas'],
    ['GATEWAY_FOLDER', `/${'x'.repeat(80)}`, '80 characters at most'],
  ])('%s=%s is refused by its name, with what was expected', (name, value, expected) => {
    expect(() => load({ [name]: value })).toThrow(new RegExp(`${name}[^]*${expected}`));
  });
});

describe('a gateway that follows a feed', () => {
  const feed = {
    GATEWAY_FEED_URLS: 'ws://lb-1:8120,wss://lb-2.example/lb',
    GATEWAY_FEED_TOKEN: 'a-secret-token',
    SLIPWAY_API_TOKEN: 'the-token-that-changes',
  };

  it('needs neither Kafka nor a database', () => {
    const config = loadConfig(gatewayConfigSchema, feed);
    expect(feedOf(config)).toMatchObject({ urls: ['ws://lb-1:8120', 'wss://lb-2.example/lb'] });
    expect(feedOf(config)?.token.reveal()).toBe('a-secret-token');
    expect(feedOf(load())).toBeUndefined();
    expect(databaseOf(load()).DATABASE_URL.reveal()).toBe('postgres://u:p@localhost/x');
  });

  it('uses the feed alone where both are set, as in a process of several apps', () => {
    expect(feedOf(load(feed))).toBeDefined();
  });

  it.each([
    [{ SLIPWAY_API_TOKEN: 'x' }, 'DATABASE_URL or GATEWAY_DATABASE_URL is not set: .*or GATEWAY_FEED_URLS'],
    [{ ...feed, GATEWAY_FEED_TOKEN: '' }, 'GATEWAY_FEED_TOKEN is not set'],
    [{ ...feed, GATEWAY_FEED_URLS: '' }, 'GATEWAY_FEED_TOKEN is .redacted.: expected GATEWAY_FEED_URLS'],
    [{ ...feed, GATEWAY_FEED_URLS: 'http://lb-1:8120' }, 'GATEWAY_FEED_URLS is .*ws://HOST:PORT'],
    [{ ...feed, GATEWAY_FEED_URLS: 'ws://u:hunter2@lb-1' }, 'GATEWAY_FEED_URLS is .*without a login'],
    [
      { ...feed, GATEWAY_ACME_URL: 'https://acme.example.com/directory' },
      'GATEWAY_ACME_URL is .*kept in Postgres',
    ],
    [{ ...feed, GATEWAY_FEED_CA_FILE: '/no/such/file' }, 'GATEWAY_FEED_CA_FILE is .*a file that can be read'],
  ])('%o is refused by the name of a variable, without a secret', (env, expected) => {
    expect(() => loadConfig(gatewayConfigSchema, env)).toThrow(new RegExp(expected));
    expect(() => loadConfig(gatewayConfigSchema, env)).not.toThrow(/hunter2|a-secret-token/);
  });
});

describe('HTTPS', () => {
  const listen = { GATEWAY_LISTEN: '0.0.0.0:80', GATEWAY_LISTEN_TLS: '0.0.0.0:443' };
  const acme = {
    ...listen,
    GATEWAY_ACME_URL: 'https://acme.example.com/directory',
    GATEWAY_ACME_ACCEPT_TERMS: 'true',
    SLIPWAY_CERTIFICATE_KEY: Buffer.alloc(32).toString('base64url'),
  };

  it('takes files with both, and a file for each', () => {
    const text = '/tls/both.pem, /tls/tls.crt:/tls/tls.key';
    expect(load({ ...listen, GATEWAY_TLS_CERTIFICATES: text }).GATEWAY_TLS_CERTIFICATES).toEqual([
      { chain: '/tls/both.pem' },
      { chain: '/tls/tls.crt', key: '/tls/tls.key' },
    ]);
    expect(load(acme).GATEWAY_ACME_HOSTS).toEqual([]);
  });

  it.each([
    [{ ...listen, GATEWAY_LISTEN: '' }, 'GATEWAY_LISTEN_TLS', 'expected GATEWAY_LISTEN besides'],
    [{ ...listen, GATEWAY_TLS_CERTIFICATES: 'a:b:c' }, 'GATEWAY_TLS_CERTIFICATES', 'CHAIN:KEY'],
    [{ ...acme, GATEWAY_LISTEN_TLS: '' }, 'GATEWAY_ACME_URL', 'expected GATEWAY_LISTEN_TLS besides'],
    [{ ...acme, GATEWAY_FEED_URLS: 'ws://lb:8120' }, 'GATEWAY_ACME_URL', 'expected no GATEWAY_FEED_URLS'],
    [{ ...acme, GATEWAY_ACME_ACCEPT_TERMS: '' }, 'GATEWAY_ACME_ACCEPT_TERMS', 'expected true'],
    [{ ...acme, SLIPWAY_CERTIFICATE_KEY: '' }, 'SLIPWAY_CERTIFICATE_KEY', 'not set'],
    [{ ...acme, SLIPWAY_CERTIFICATE_KEY: 'hunter2' }, 'SLIPWAY_CERTIFICATE_KEY', 'expected 32'],
    [{ ...acme, GATEWAY_ACME_BINDING_KEY_ID: 'mine' }, 'GATEWAY_ACME_BINDING_KEY', 'not set'],
    [{ ...acme, GATEWAY_ACME_BINDING_KEY: 'hunter2' }, 'GATEWAY_ACME_BINDING_KEY_ID', 'not set'],
    [{ ...acme, GATEWAY_ACME_HOSTS: 'https://x' }, 'GATEWAY_ACME_HOSTS', 'host names with commas'],
    [{ ...acme, GATEWAY_ACME_CONTACT: 'me' }, 'GATEWAY_ACME_CONTACT', ''],
  ])('%o names %s, and says %s', (env, name, says) => {
    expect(() => load(env)).toThrow(new RegExp(`${name} [^]*${says}`));
    expect(() => load(env)).not.toThrow('hunter2');
  });
});
