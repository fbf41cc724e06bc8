import { describe, expect, it } from 'vitest';
import { loadConfig } from '#libs/config';
import { folderOf, gatewayConfigSchema } from './gateway.config.js';

const load = (more: Readonly<Record<string, string>> = {}) =>
  loadConfig(gatewayConfigSchema, {
    ...{ KAFKA_BROKERS: 'localhost:9092', DATABASE_URL: 'postgres://u:p@localhost/x' },
    ...more,
  });

describe('the configuration of a gateway', () => {
  it('carries nothing by itself, and is complete with the address to listen at', () => {
    expect(load().GATEWAY_LISTEN).toBeUndefined();
    const config = load({ GATEWAY_LISTEN: '[::1]:80', GATEWAY_POOL_BACKENDS: 'sticky=3' });
    expect(config).toMatchObject({
      GATEWAY_LISTEN: { host: '::1', port: 80 },
      GATEWAY_POOL_BACKENDS: { least: 64, weighted: 8, sticky: 3 },
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
