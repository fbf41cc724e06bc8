import { expect, it } from 'vitest';
import { parseAtRestKeys, parsePrivateKey, parsePublicKey } from '#libs/secrets';
import type { Output } from '../output.js';
import { keys } from './keys.js';

function printed(): ReadonlyMap<string, string> {
  let lines: readonly string[] = [];
  const output = { answer: (_value: unknown, said: readonly string[]) => (lines = said) };
  keys(output as unknown as Output);
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

it('prints what the apps take, and other values each time', () => {
  const [first, second] = [printed(), printed()];
  const checks = {
    SLIPWAY_NODE_KEY: parseAtRestKeys,
    SLIPWAY_APP_SECRET_KEY: parseAtRestKeys,
    SLIPWAY_CERTIFICATE_KEY: parseAtRestKeys,
    SLIPWAY_DEPLOYER_PRIVATE_KEY: parsePrivateKey,
    SLIPWAY_DEPLOYER_PUBLIC_KEY: parsePublicKey,
    SLIPWAY_API_TOKEN: String,
    SLIPWAY_READ_TOKEN: String,
  };
  expect([...first.keys()].toSorted()).toEqual(Object.keys(checks).toSorted());
  for (const [name, check] of Object.entries(checks)) {
    expect(() => check(first.get(name) ?? '')).not.toThrow();
    expect(first.get(name)).not.toBe(second.get(name));
  }
});

it('every value is one shell word without quotes, as an env file needs it', () => {
  for (const value of printed().values()) expect(value).toMatch(/^[A-Za-z0-9_-]+$/);
});
