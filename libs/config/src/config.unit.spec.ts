import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commaList, ConfigError, keyValueList, loadConfig, port, Secret, secret } from './index.js';

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
    expect((error as ConfigError).message).toContain('HTTP_PORT is "70000"; expected: ');
    expect((error as ConfigError).message.split('\n')).toContain('  BROKERS is not set');
  });

  it('a Secret is redacted wherever it is printed', () => {
    const value = new Secret('hunter2');
    expect([`${value}`, JSON.stringify({ value }), inspect({ value })].join()).not.toContain('hunter2');
  });
});
