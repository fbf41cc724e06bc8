import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { CompactEncrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  atRestKeys,
  decryptAtRest,
  encryptAtRest,
  generateDeployerKeys,
  KeyError,
  parseAtRestKeys,
  parsePrivateKey,
  parsePrivateKeys,
  parsePublicKey,
  renewAtRest,
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

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('sealed values', () => {
  it('open with the private key only, and differ each time', async () => {
    const keys = await generateDeployerKeys();
    const sealed = await seal(parsePublicKey(keys.publicKey), login);
    expect(sealed).not.toContain('hunter2');
    expect(sealed).not.toBe(await seal(parsePublicKey(keys.publicKey), login));
    expect(await unseal(parsePrivateKeys(keys.privateKey), sealed)).toEqual(login);
    const other = await generateDeployerKeys();
    await expect(unseal(parsePrivateKeys(other.privateKey), sealed)).rejects.toBeInstanceOf(SealError);
  });

  it('open with each of several keys, whichever they were sealed to', async () => {
    const [now, before] = [await generateDeployerKeys(), await generateDeployerKeys()];
    const both = parsePrivateKeys(`${now.privateKey}, ${before.privateKey}`);
    for (const { publicKey } of [now, before])
      expect(await unseal(both, await seal(parsePublicKey(publicKey), login))).toEqual(login);
    const other = await seal(parsePublicKey((await generateDeployerKeys()).publicKey), login);
    await expect(unseal(both, other)).rejects.toBeInstanceOf(SealError);
    expect(() => parsePrivateKeys(`${now.privateKey},`)).toThrow(KeyError);
  });

  it('a changed value does not open', async () => {
    const key = [randomBytes(32)] as const;
    const encrypted = await encryptAtRest(key, login);
    expect(await decryptAtRest(key, encrypted)).toEqual(login);
    await expect(decryptAtRest(key, flip(encrypted))).rejects.toBeInstanceOf(SealError);
    await expect(decryptAtRest([randomBytes(32)], encrypted)).rejects.toBeInstanceOf(SealError);
  });

  it('a value that was sealed as text and not as JSON is not repeated in the cause', async () => {
    const key = randomBytes(32);
    const text = await new CompactEncrypt(Buffer.from('hunter2'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(key);
    const error: unknown = await decryptAtRest([key], text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SealError);
    expect(inspect(error)).not.toContain('hunter2');
  });

  it('a key that is none is refused without being repeated', async () => {
    const keys = await generateDeployerKeys();
    expect(() => parsePrivateKey(keys.publicKey)).toThrow('no private part');
    expect(() => parsePublicKey('hunter2')).toThrow(KeyError);
    expect(() => parsePublicKey('hunter2')).not.toThrow('hunter2');
    const broken = Buffer.from('{"d": hunter2}').toString('base64url');
    expect(inspect(thrownBy(() => parsePublicKey(broken)))).not.toContain('hunter2');
    expect(() => parseAtRestKeys('c2hvcnQ')).toThrow('5 bytes, expected 32');
  });
});

describe('keys of what rests in a database', () => {
  const random = (): string => randomBytes(32).toString('base64url');
  const [own, shared] = [random(), random()];

  it('the first encrypts, each opens, and no other does', async () => {
    const before = await encryptAtRest(parseAtRestKeys(shared), login);
    const now = await encryptAtRest(atRestKeys(own, shared), login);
    for (const encrypted of [before, now])
      expect(await decryptAtRest(atRestKeys(own, shared), encrypted)).toEqual(login);
    expect(await decryptAtRest(parseAtRestKeys(own), now)).toEqual(login);
    await expect(decryptAtRest(parseAtRestKeys(own), before)).rejects.toThrow(SealError);
    await expect(decryptAtRest(parseAtRestKeys(`${random()}, ${random()}`), now)).rejects.toThrow(SealError);
  });

  it('what rests under a former key is renewed once; what no key opens stays', async () => {
    const keys = parseAtRestKeys(`${own}, ${shared}`);
    const before = await encryptAtRest(parseAtRestKeys(shared), login);
    const renewed = await renewAtRest(keys, before);
    expect(await decryptAtRest(parseAtRestKeys(own), String(renewed))).toEqual(login);
    expect(await renewAtRest(keys, String(renewed))).toBeUndefined();
    const foreign = await encryptAtRest(parseAtRestKeys(random()), login);
    await expect(renewAtRest(keys, foreign)).rejects.toThrow(SealError);
  });

  it('either may be left out, but not both', () => {
    expect(atRestKeys(own, undefined)).toEqual(parseAtRestKeys(own));
    expect(atRestKeys(undefined, shared)).toEqual(parseAtRestKeys(shared));
    expect(() => atRestKeys(undefined, undefined)).toThrow(KeyError);
    expect(() => parseAtRestKeys(`${own},`)).toThrow('0 bytes, expected 32');
  });
});
