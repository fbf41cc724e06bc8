import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '#libs/config';
import { z } from 'zod';
import { accessVariables, principalOf, tokensOf } from './access.js';

const schema = z.object(accessVariables);
const load = (SLIPWAY_API_TOKENS: string) =>
  loadConfig(schema, { SLIPWAY_API_TOKEN: 'admin-token', SLIPWAY_API_TOKENS });

describe('SLIPWAY_API_TOKENS', () => {
  it('names principals with their roles; a token may hold colons', () => {
    const tokens = tokensOf(load('ci:admin:0123456789abcdef, page:read:abc:defghijklmnop'));
    expect(principalOf('0123456789abcdef', tokens)).toEqual({ name: 'ci', role: 'admin' });
    expect(principalOf('abc:defghijklmnop', tokens)).toEqual({ name: 'page', role: 'read' });
    expect(principalOf('admin-token', tokens)).toEqual({ name: 'api-token', role: 'admin' });
    expect(principalOf('undefined', tokens)).toBeUndefined();
  });

  it.each([
    ['hunter2-hunter2-hunter2', 'entry 1 has no name'],
    ['CI:admin:hunter2-hunter2', 'entry 1 has no name'],
    ['ci:root:hunter2-hunter2-', 'entry 1 has no role (read or admin)'],
    ['ci:admin:hunter2', 'entry 1 has a token of fewer than 16 characters'],
    ['ci:admin:hunter2-hunter2-,ci:read:hunter2-hunter2+', 'entry 2 has a name that is taken'],
    ['api-token:read:hunter2-hunter2-', 'entry 1 has a name that is taken'],
    ['ci:admin:hunter2-hunter2-,', 'entry 2 has no name'],
  ])('%s is refused by its place, without its text', (text, problem) => {
    const error = thrownBy(() => load(text));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(problem);
    expect(JSON.stringify(error) + String(error)).not.toContain('hunter2');
  });

  it('never shows a token when the configuration is printed', () => {
    const config = load('ci:admin:hunter2-hunter2-hunter2');
    expect(JSON.stringify(config) + JSON.stringify(tokensOf(config))).not.toContain('hunter2');
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
