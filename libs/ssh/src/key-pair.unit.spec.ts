import { expect, it } from 'vitest';
import { authorizedKeyLine, makePrivateKey } from './key-pair.js';
import { isEncryptedKey } from './private-key.js';

it('a new key is an Ed25519 key of its own, with the line that lets it in', () => {
  const [one, other] = [makePrivateKey('slipway'), makePrivateKey('slipway')];
  expect(one).toContain('BEGIN OPENSSH PRIVATE KEY');
  expect(isEncryptedKey(one)).toBe(false);
  expect(one).not.toBe(other);
  expect(authorizedKeyLine(one, 'slipway')).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA[\w+/=]+ slipway$/);
  expect(authorizedKeyLine(one, 'slipway')).not.toBe(authorizedKeyLine(other, 'slipway'));
  expect(() => authorizedKeyLine('no key', 'slipway')).toThrow('cannot be read');
});

it('one new key of 256 could not be read', () => {
  for (let n = 0; n < 1_000; n += 1)
    expect(authorizedKeyLine(makePrivateKey('slipway'), 'slipway')).toMatch(
      /^ssh-ed25519 [\w+/]{68} slipway$/,
    );
});
