import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '#libs/config';
import { deployerConfigSchema } from './deployer.config.js';

/** The names of the variables that are wrong. */
function problems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(deployerConfigSchema, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ name }) => name);
    throw error;
  }
}

describe("the deployer's configuration", () => {
  it('a user of the registry without a password is told with all other problems', () => {
    const names = problems({ REGISTRY_USERNAME: 'principal', REGISTRY_KIND: 'acr' });
    expect(names).toEqual(
      expect.arrayContaining(['REGISTRY_PASSWORD', 'REGISTRY_URL', 'DATABASE_URL or DEPLOYER_DATABASE_URL']),
    );
  });

  it('a password of the registry without a user was ignored', () => {
    const login = { REGISTRY_PASSWORD: 'p' };
    expect(problems(login)).toContain('REGISTRY_PASSWORD');
    expect(problems({ ...login, REGISTRY_USERNAME: 'u' })).not.toContain('REGISTRY_PASSWORD');
  });

  it('a file that holds no certificate was found to be wrong at the first push', () => {
    expect(problems({ REGISTRY_CA_FILE: import.meta.filename })).toContain('REGISTRY_CA_FILE');
  });

  it('a registry without a user needs no password', () => {
    const names = problems({ REGISTRY_URL: 'https://shop.azurecr.io' });
    expect(names.filter((name) => name.startsWith('REGISTRY_'))).toEqual([]);
  });

  it('a registry whose address lacks its organisation is told', () => {
    expect(problems({ REGISTRY_URL: 'https://ghcr.io' })).toContain('REGISTRY_URL');
    expect(problems({ REGISTRY_URL: 'https://ghcr.io/my-org' })).not.toContain('REGISTRY_URL');
    expect(problems({ REGISTRY_URL: 'no address' })).toContain('REGISTRY_URL');
  });

  it('a user for ECR is told: its password would end after 12 hours', () => {
    const url = 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com';
    const login = { REGISTRY_USERNAME: 'AWS', REGISTRY_PASSWORD: 'p' };
    expect(problems({ REGISTRY_URL: url, ...login })).toContain('REGISTRY_USERNAME');
    expect(problems({ REGISTRY_URL: url, REGISTRY_KIND: 'oci', ...login })).not.toContain(
      'REGISTRY_USERNAME',
    );
    expect(problems({ REGISTRY_URL: url })).not.toContain('REGISTRY_USERNAME');
  });

  it('the time to drain is asked for only where it is set: the one-machine set-up does not wait', () => {
    const { DEPLOYER_DRAIN_MS } = deployerConfigSchema.shape;
    expect(DEPLOYER_DRAIN_MS.parse(undefined)).toBeUndefined();
    expect(DEPLOYER_DRAIN_MS.parse('10000')).toBe(10_000);
  });

  it('a file of logins is read at the start: what is wrong with it is told, and no login', () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-config-'));
    const file = join(folder, 'logins.json');
    const told = (): string => {
      const { error } = deployerConfigSchema.shape.REGISTRY_LOGINS_FILE.safeParse(file);
      return JSON.stringify(error?.issues.map(({ message }) => message));
    };
    expect(told()).toBe('["expected a file that can be read"]');
    writeFileSync(file, '{"auths":{"ghcr.io":{"username":"hunter2"}}}');
    expect(told()).toMatch(/^\["expected \\"auth\\", or .* for ghcr\.io;/);
    expect(told()).not.toContain('hunter2');
    writeFileSync(file, '{"auths":{"ghcr.io":{"username":"a","password":"b"}}}');
    expect(told()).toBe(undefined);
    rmSync(folder, { recursive: true });
  });

  it('the URL of the gateway is a scheme, a domain and a port, and nothing else', () => {
    for (const url of ['https://example.com', 'http://localhost:8080', 'https://apps.example.com/'])
      expect(problems({ SLIPWAY_TRAFFIC_URL: url }), url).not.toContain('SLIPWAY_TRAFFIC_URL');
    for (const url of [
      ...['example.com', 'ftp://example.com', 'https://example.com/apps', 'https://example.com?a'],
      ...['https://ann@example.com', 'https://[::1]:80', 'no address'],
    ])
      expect(problems({ SLIPWAY_TRAFFIC_URL: url }), url).toContain('SLIPWAY_TRAFFIC_URL');
  });

  it('a kind of registry that there is not is told', () => {
    expect(problems({ REGISTRY_KIND: 'azure' })).toContain('REGISTRY_KIND');
  });

  it.each(['shop replies', 'replies,..', 'x'.repeat(250)])(
    'a reply topic that Kafka does not take is told: %s',
    (names) => {
      expect(problems({ DEPLOYER_REPLY_TOPICS: names })).toContain('DEPLOYER_REPLY_TOPICS');
      expect(problems({ DEPLOYER_REPLY_TOPICS: 'shop.replies, shop_2-b' })).not.toContain(
        'DEPLOYER_REPLY_TOPICS',
      );
    },
  );
});
