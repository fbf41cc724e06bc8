import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type MadeCertificate, TestAuthority } from '../certificates.testing.js';
import { readPem } from './read-pem.js';

const HOUR = 3_600_000;
const now = Date.now();
let authority: TestAuthority;
let made: MadeCertificate;
beforeAll(async () => {
  authority = await TestAuthority.make();
  made = await authority.sign({ names: ['Shop.example.com', '*.shop.example.com'] });
});

it('a chain and a key are read whatever stands between them, and written as HAProxy takes them', () => {
  const text = `Bag Attributes\r\n\r\n${made.key}\n\nsubject=x\n${made.chain.replaceAll('\n', '\r\n')}`;
  const { pem, ...facts } = readPem(text, now);
  expect(facts).toMatchObject({
    ...{ names: ['shop.example.com', '*.shop.example.com'], issuer: 'Test authority' },
  });
  expect(facts.notAfterMs).toBeGreaterThan(now);
  expect(pem).not.toMatch(/\n\n|\r|subject/);
  expect(pem.match(/-----BEGIN [A-Z ]+/g)).toEqual([
    ...['-----BEGIN CERTIFICATE', '-----BEGIN CERTIFICATE', '-----BEGIN PRIVATE KEY'],
  ]);
  expect(readPem(pem, now).pem).toBe(pem);
});

describe('what cannot be served is refused, with what was expected', () => {
  const refused = (text: string, code: string, says: string): void =>
    expect(() => readPem(text, now)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) as string }),
    );
  const rsa = (bits: number, cipher?: object): string =>
    String(
      generateKeyPairSync('rsa', {
        modulusLength: bits,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...cipher },
      }).privateKey,
    );

  it('an encrypted key, in both of its forms', () => {
    const pkcs8 = rsa(1024, { cipher: 'aes-256-cbc', passphrase: 'x' });
    refused(
      `${made.chain}\n${pkcs8}`,
      'CERTIFICATE_KEY_WRONG',
      'is encrypted; expected one without a passphrase',
    );
    const pkcs1 =
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----';
    refused(`${made.chain}\n${pkcs1}`, 'CERTIFICATE_KEY_WRONG', 'is encrypted');
  });

  it('a key of another certificate, and a chain in the wrong order', async () => {
    const other = await authority.sign({ names: ['other.example.com'] });
    refused(`${made.chain}\n${other.key}`, 'CERTIFICATE_KEY_WRONG', 'does not belong to the certificate');
    const reversed = `${authority.ca}\n${made.chain.slice(0, made.chain.indexOf(authority.ca))}\n${made.key}`;
    refused(
      reversed,
      'CERTIFICATE_KEY_WRONG',
      'expected the certificate of the host, then those of its authorities',
    );
  });

  it('no key, several keys, and no certificate', () => {
    refused(made.chain, 'CERTIFICATE_KEY_WRONG', 'no private key in PEM');
    refused(`${made.pem}\n${made.key}`, 'CERTIFICATE_KEY_WRONG', 'several private keys');
    refused(made.key, 'CERTIFICATE_UNREADABLE', 'no certificate in PEM');
    refused('', 'CERTIFICATE_UNREADABLE', 'no certificate in PEM');
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    refused(`${broken}${made.key}`, 'CERTIFICATE_UNREADABLE', 'not valid PEM');
  });

  it('one that has expired, is not valid yet, or is for no host', async () => {
    const over = await authority.sign({
      names: ['a.example.com'],
      untilMs: now - 50 * HOUR,
      fromMs: now - 90 * HOUR,
    });
    refused(over.pem, 'CERTIFICATE_UNUSABLE', 'has expired 2 days ago');
    const early = await authority.sign({ names: ['a.example.com'], fromMs: now + 5 * HOUR });
    refused(early.pem, 'CERTIFICATE_UNUSABLE', 'is not valid yet, it will be in 4 hours');
    refused((await authority.sign({ names: [] })).pem, 'CERTIFICATE_UNUSABLE', 'for no host name');
  });

  it('and no message holds a key', () => {
    try {
      readPem(`${made.chain}\n${rsa(1024)}`, now);
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('PRIVATE KEY');
    }
    expect.assertions(1);
  });
});
