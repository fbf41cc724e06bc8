import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig, withRules } from '#libs/config';
import {
  requestKeyRules,
  parseSigningKey,
  requestKeysOf,
  requestKeyVariables,
  signRequest,
  verifySignature,
} from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'slipway-signature-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = withRules(z.object(requestKeyVariables), requestKeyRules);
const body = Buffer.from('{"token":"order-4711"}');
const type = 'slipway.deployment.requested.v1';
const ed25519 = generateKeyPairSync('ed25519');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid });

/** A file with these keys, as REQUEST_KEYS names one. */
function keyFile(...keys: readonly object[]): string {
  const path = join(folder, `${keys.length}-${Math.random()}.json`);
  writeFileSync(path, JSON.stringify({ keys }));
  return path;
}

const known = (names?: string) => {
  const keys = [jwk(ed25519.publicKey, 'ci'), jwk(ec.publicKey, 'ec'), jwk(rsa.publicKey, 'rsa')];
  const config = loadConfig(schema, { REQUEST_KEYS: keyFile(...keys), REQUEST_PRINCIPALS: names });
  const found = requestKeysOf(config);
  if (found === undefined) throw new Error('there are keys');
  return found;
};
const signed = (id = 'ci', privateKey = ed25519.privateKey) =>
  signRequest({ type, body }, { id, privateKey });

describe('a signed request', () => {
  it.each([
    ['ci', ed25519.privateKey],
    ['ec', ec.privateKey],
    ['rsa', rsa.privateKey],
  ])('is of the key %s', async (id, privateKey) => {
    const signature = await signed(id, privateKey);
    expect(signature).toMatch(/^[\w-]+\.\.[\w-]+$/);
    expect(await verifySignature(signature, { type, body }, known())).toBe(id);
  });

  it('is of the principal that the key is given', async () => {
    expect(await verifySignature(await signed(), { type, body }, known('ci=ada,ec=bob'))).toBe('ada');
  });

  it.each([
    [
      'another body',
      () => signed(),
      { type, body: Buffer.from('{"token":"order-4712"}') },
      'does not belong',
    ],
    ['another type', () => signed(), { type: 'slipway.scale.requested.v1', body }, '"ce_type"'],
    ['an unknown key', () => signed('nobody'), { type, body }, 'not one of REQUEST_KEYS'],
    ['no key id', () => signed(''), { type, body }, 'not one of REQUEST_KEYS'],
    [
      "another key's id",
      () => signed('ci', generateKeyPairSync('ed25519').privateKey),
      { type, body },
      'does not belong',
    ],
    ['nothing', () => Promise.resolve(''), { type, body }, 'detached JWS'],
    ['no JWS', () => Promise.resolve('a..b'), { type, body }, 'detached JWS'],
    [
      'a body in the JWS',
      async () => (await signed()).replace('..', '.e30.'),
      { type, body },
      'detached JWS',
    ],
  ])('is refused with %s', async (_, sign, message, reason) => {
    await expect(verifySignature(await sign(), message, known())).rejects.toMatchObject({
      code: 'SIGNATURE_REFUSED',
      message: expect.stringContaining(reason) as unknown,
    });
  });

  it('is refused where its algorithm needs no key, or a public one as secret', async () => {
    for (const alg of ['none', 'HS256']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'ci', ce_type: type })).toString('base64url');
      await expect(verifySignature(`${header}..AAAA`, { type, body }, known())).rejects.toMatchObject({
        code: 'SIGNATURE_REFUSED',
      });
    }
  });

  it('is not refused while its keys cannot be had', async () => {
    const keys = requestKeysOf(loadConfig(schema, { REQUEST_KEYS: 'http://127.0.0.1:1/jwks' }));
    if (keys === undefined) throw new Error('there are keys');
    const verified = verifySignature(await signed(), { type, body }, keys);
    await expect(verified).rejects.not.toMatchObject({ code: 'SIGNATURE_REFUSED' });
  });
});

describe('the keys of requests', () => {
  it('a principal of a key that is not there was taken, and given to nobody', () => {
    expect(() => known('ci=Continuous integration,cx=Typo')).toThrow(
      'REQUEST_PRINCIPALS is "ci=Continuous integration,cx=Typo": expected ids (kid) of keys in REQUEST_KEYS',
    );
    expect(() => loadConfig(schema, { REQUEST_PRINCIPALS: 'ci=CI' })).toThrow('REQUEST_PRINCIPALS');
  });

  it('a file that is not there was told like one with a wrong key, without its path', () => {
    expect(() => loadConfig(schema, { REQUEST_KEYS: '/none/keys.json' })).toThrow(
      'REQUEST_KEYS is "/none/keys.json": expected the URL of a JWKS, or a file with one: public keys only, each with a kid; no file can be read there',
    );
  });

  it.each([
    ['no file', join(folder, 'none')],
    ['a private key', keyFile(jwk(ed25519.privateKey, 'ci'))],
    ['a key without an id', keyFile(ed25519.publicKey.export({ format: 'jwk' }))],
    ['no key', keyFile()],
  ])('are refused: %s', (_, place) => {
    expect(() => loadConfig(schema, { REQUEST_KEYS: place })).toThrow(
      'expected the URL of a JWKS, or a file',
    );
  });

  it('are needed where signatures are required', () => {
    expect(() => loadConfig(schema, { REQUEST_SIGNATURES: 'required' })).toThrow('REQUEST_KEYS is not set');
  });
});

it('the lines of the how-to page make keys and a signature that is verified', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/how-to/sign-requests.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text ?? '');
  const lines = blocks.filter((text) => /openssl/.test(text)).join('\n');
  const own = mkdtempSync(join(folder, 'page-'));
  writeFileSync(join(own, 'request.json'), body);
  const script = `set -eu\n${lines}\nprintf %s "$signature" > signature`;
  execFileSync('sh', ['-c', script], { cwd: own, stdio: 'ignore' });
  const keys = requestKeysOf(loadConfig(schema, { REQUEST_KEYS: join(own, 'request-keys.json') }));
  if (keys === undefined) throw new Error('there are keys');
  const signature = readFileSync(join(own, 'signature'), 'utf8');
  expect(await verifySignature(signature, { type, body }, keys)).toBe('ci');
  const pem = parseSigningKey(readFileSync(join(own, 'request-key.pem'), 'utf8'));
  expect(createPublicKey(pem).asymmetricKeyType).toBe('ed25519');
});
