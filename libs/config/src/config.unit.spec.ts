import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  anyOf,
  commaList,
  ConfigError,
  keyValueList,
  loadConfig,
  orOwn,
  port,
  Secret,
  secret,
} from './index.js';

const schema = z.object({
  BROKERS: commaList(),
  HTTP_PORT: port().default(0),
  API_TOKEN: secret(),
  IMAGES: keyValueList().default({}),
});

describe('loadConfig', () => {
  it('parses lists, pairs and defaults; an empty variable is not set', () => {
    const config = loadConfig(schema, {
      BROKERS: 'a:1, b:2',
      API_TOKEN: 's',
      HTTP_PORT: '',
      IMAGES: 'python=x:1,node=y=z',
    });
    expect(config).toMatchObject({
      BROKERS: ['a:1', 'b:2'],
      HTTP_PORT: 0,
      IMAGES: { python: 'x:1', node: 'y=z' },
    });
    expect(config.API_TOKEN.reveal()).toBe('s');
  });

  it('lists every problem at once and shows no secret', () => {
    const env = { HTTP_PORT: '70000', IMAGES: 'python', API_TOKEN: '' };
    const error = (() => {
      try {
        return loadConfig(schema, env);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map((p) => p.name)).toEqual([
      'BROKERS',
      'HTTP_PORT',
      'API_TOKEN',
      'IMAGES',
    ]);
    expect((error as ConfigError).message).toContain('HTTP_PORT is "70000": expected at most 65535');
    expect((error as ConfigError).message.split('\n')).toContain('  BROKERS is not set');
  });

  it('a secret whose name does not say so was printed by an error', () => {
    const refused = secret(() => {
      throw new Error('expected another');
    });
    const wrapped = z.object({ DIRECT_URL: refused.optional().describe('a URL') });
    const load = () => loadConfig(wrapped, { DIRECT_URL: 'ada:hunter2@server' });
    expect(load).toThrow('DIRECT_URL is [redacted]: expected another');
  });

  it('a password with an @ in it was printed in part', () => {
    const url = z.object({ REGISTRY_URL: z.string().startsWith('https://') });
    const load = () => loadConfig(url, { REGISTRY_URL: 'http://ada:hun@ter2@r.example/x' });
    expect(load).toThrow('REGISTRY_URL is "http://ada:[redacted]@r.example/x"');
  });

  it('a Secret is redacted wherever it is printed', () => {
    const value = new Secret('hunter2');
    expect([`${value}`, JSON.stringify({ value }), inspect({ value })].join()).not.toContain('hunter2');
  });
});

describe('a setting with a name of one app’s own', () => {
  const mustBeShort = (value: string): void => {
    if (value.length > 8) throw new Error('expected a short one');
  };
  const shop = z.object({ DATABASE_URL: orOwn('SHOP_DATABASE_URL', secret(mustBeShort)) });

  it('is read by that name first, and by the shared one where that is not set', () => {
    const shared = loadConfig(shop, { DATABASE_URL: 'shared', SHOP_DATABASE_URL: '' });
    expect([shared.DATABASE_URL.reveal(), shared.DATABASE_URL.variable]).toEqual(['shared', 'DATABASE_URL']);
    const own = loadConfig(shop, { DATABASE_URL: 'shared', SHOP_DATABASE_URL: 'own' });
    expect([own.DATABASE_URL.reveal(), own.DATABASE_URL.variable]).toEqual(['own', 'SHOP_DATABASE_URL']);
  });

  it('is told by the name that holds the wrong value, and by the shared one where none is set', () => {
    const wrong = () => loadConfig(shop, { DATABASE_URL: 'shared', SHOP_DATABASE_URL: 'too long a value' });
    expect(wrong).toThrow('SHOP_DATABASE_URL is [redacted]: expected a short one');
    expect(() => loadConfig(shop, {})).toThrow('DATABASE_URL is not set');
  });

  it('works on a schema with checks of the whole', () => {
    const checked = shop.refine(() => true);
    expect(loadConfig(checked, { SHOP_DATABASE_URL: 'own' }).DATABASE_URL.reveal()).toBe('own');
  });
});

describe('anyOf', () => {
  const either = z
    .object({ NEW_KEY: secret().optional(), OLD_KEY: secret().optional(), PORT: port() })
    .refine(...anyOf('NEW_KEY', 'OLD_KEY'));

  it('is content with either, and names the first with all other problems where neither is set', () => {
    for (const name of ['NEW_KEY', 'OLD_KEY'])
      expect(() => loadConfig(either, { PORT: '1', [name]: 'x' })).not.toThrow();
    const neither = () => loadConfig(either, { PORT: '70000' });
    expect(neither).toThrow('NEW_KEY is not set');
    expect(neither).toThrow('PORT is "70000"');
    expect(neither).not.toThrow('OLD_KEY');
  });
});
