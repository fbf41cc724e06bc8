import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  encryptAtRest,
  generateDeployerKeys,
  parsePrivateKeys,
  parsePublicKey,
  SealError,
  unseal,
} from '#libs/secrets';
import { SealedLogins } from './sealed-logins.js';

const login = { privateKey: 'the key of the node' };
const nodeKeys = [randomBytes(32)] as const;
const keys = await generateDeployerKeys();
const opened = (sealed: string): Promise<unknown> => unseal(parsePrivateKeys(keys.privateKey), sealed);

let logins: SealedLogins;
beforeEach(() => {
  logins = new SealedLogins({ nodeKeys, deployerKey: parsePublicKey(keys.publicKey) });
});

describe('the sealed login of a node', () => {
  it('is the same text again: placing fifty services makes the deployer open it once', async () => {
    const encrypted = await encryptAtRest(nodeKeys, login);
    const sealed = await logins.of('node-1', encrypted);
    expect(await opened(sealed)).toEqual(login);
    expect(await logins.of('node-1', encrypted)).toBe(sealed);
  });

  it('is sealed anew when the node was enrolled with another', async () => {
    const before = await logins.of('node-1', await encryptAtRest(nodeKeys, login));
    const other = { privateKey: 'another key' };
    const after = await logins.of('node-1', await encryptAtRest(nodeKeys, other));
    expect(after).not.toBe(before);
    expect(await opened(after)).toEqual(other);
  });

  it('that rests under another key cannot be had, and the one before is not given in its place', async () => {
    await logins.of('node-1', await encryptAtRest(nodeKeys, login));
    const foreign = await encryptAtRest([randomBytes(32)], login);
    await expect(logins.of('node-1', foreign)).rejects.toThrow(SealError);
  });
});
