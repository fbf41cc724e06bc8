import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  decryptAtRest,
  encryptAtRest,
  generateDeployerKeys,
  KeyError,
  parseAtRestKey,
  parsePrivateKey,
  parsePublicKey,
  seal,
  SealError,
  unseal,
} from './index.js';

const login = { privateKey: 'hunter2' };
const flip = (text: string): string => {
  const parts = text.split('.');
  const cipher = parts[3] ?? '';
  parts[3] = (cipher.startsWith('A') ? 'B' : 'A') + cipher.slice(1);
  return parts.join('.');
};

describe('sealed values', () => {
  it('open with the private key only, and differ each time', async () => {
    const keys = await generateDeployerKeys();
    const sealed = await seal(parsePublicKey(keys.publicKey), login);
    expect(sealed).not.toContain('hunter2');
    expect(sealed).not.toBe(await seal(parsePublicKey(keys.publicKey), login));
    expect(await unseal(parsePrivateKey(keys.privateKey), sealed)).toEqual(login);
    const other = await generateDeployerKeys();
    await expect(unseal(parsePrivateKey(other.privateKey), sealed)).rejects.toBeInstanceOf(SealError);
  });

  it('a changed value does not open', async () => {
    const key = randomBytes(32);
    const encrypted = await encryptAtRest(key, login);
    expect(await decryptAtRest(key, encrypted)).toEqual(login);
    await expect(decryptAtRest(key, flip(encrypted))).rejects.toBeInstanceOf(SealError);
    await expect(decryptAtRest(randomBytes(32), encrypted)).rejects.toBeInstanceOf(SealError);
  });

  it('a key that is none is refused without being repeated', async () => {
    const keys = await generateDeployerKeys();
    expect(() => parsePrivateKey(keys.publicKey)).toThrow('no private part');
    expect(() => parsePublicKey('hunter2')).toThrow(KeyError);
    expect(() => parsePublicKey('hunter2')).not.toThrow('hunter2');
    expect(() => parseAtRestKey('c2hvcnQ')).toThrow('5 bytes, expected 32');
  });
});
