import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { wantedOf } from '../data-plane/domain/wanted.testing.js';
import { ask, Instance } from '../data-plane/haproxy.testing.js';
import { securePlane } from '../data-plane/haproxy-tls.testing.js';
import { CertificateFiles } from './adapters/certificate-files.js';
import { authorityFiles, SelfSigned } from './adapters/self-signed.js';
import { askTls, serialOf, TestAuthority } from './certificates.testing.js';
import type { CertificateFile, OwnProblem } from './ports.js';
import { ServeCertificates } from './serve-certificates.js';

let authority: TestAuthority;
let files: string;
beforeAll(async () => {
  authority = await TestAuthority.make();
});
beforeEach(async () => {
  files = await mkdtemp(join(tmpdir(), 'slipway-certificates-'));
});

interface ServingOptions {
  readonly own?: readonly CertificateFile[];
  readonly isSelfSigned?: boolean;
  /** Of an earlier one. */
  readonly folder?: string;
}

async function serving({ own = [], isSelfSigned = false, folder }: ServingOptions) {
  onTestFinished(() => rm(files, { recursive: true, force: true }));
  const secure = await securePlane({ folder });
  const web = await Instance.start('web');
  onTestFinished(() => web.kill().catch(() => undefined));
  const problems: OwnProblem[] = [];
  let nowMs = Date.now();
  const serve = new ServeCertificates({
    ...{
      plane: secure.plane,
      own: new CertificateFiles(own, (id) => secure.plane.keptCertificate(id)),
      patterns: [],
    },
    local: isSelfSigned ? new SelfSigned(secure.folder) : undefined,
    nowMs: () => nowMs,
    onProblem: (problem) => problems.push(problem),
    onServed: () => undefined,
  });
  const carry = async (...names: readonly string[]) => {
    await secure.plane.apply(
      wantedOf(Object.fromEntries(names.map((name) => [name, [web.wanted({ name })]]))),
    );
    serve.want(names.map((name) => `${name}.localhost`));
    await serve.refresh();
  };
  const get = (host: string, ca: string) => askTls({ port: secure.tlsPort, host, ca });
  return { ...secure, serve, problems, carry, get, later: (ms: number) => (nowMs += ms) };
}

/** As tools that renew do it: the whole file at once. */
async function put(name: string, text: string): Promise<string> {
  const path = join(files, name);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  return path;
}

describe('files of an operator', () => {
  it('are served, and served anew when they change, without a reload', async () => {
    const both = await put('both.pem', (await authority.sign({ names: ['web.localhost'] })).pem);
    const split = await authority.sign({ names: ['*.other.localhost'] });
    const chain = await put('tls.crt', split.chain);
    const key = await put('tls.key', split.key);
    const { carry, serve, tlsPort, plane, get } = await serving({ own: [{ chain: both }, { chain, key }] });
    await carry('web', 'a.other');
    expect((await get('a.other.localhost', authority.ca)).body).toBe('web');
    const before = await serialOf(tlsPort, 'web.localhost', authority.ca);
    await put('both.pem', (await authority.sign({ names: ['web.localhost'] })).pem);
    await serve.refresh();
    expect(await serialOf(tlsPort, 'web.localhost', authority.ca)).not.toBe(before);
    expect(plane.counts).toMatchObject({ starts: 1, reloads: 0 });
  });

  const key = String(
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    }).privateKey,
  );
  it.each([
    ['is empty', () => '', 'CERTIFICATE_UNREADABLE'],
    [
      'has an encrypted key',
      async () => `${(await authority.sign({ names: ['web.localhost'] })).chain}\n${key}`,
      'CERTIFICATE_KEY_WRONG',
    ],
    [
      'has expired',
      async () => (await authority.sign({ names: ['web.localhost'], fromMs: 1, untilMs: 2 })).pem,
      'CERTIFICATE_UNUSABLE',
    ],
  ])('that %s leaves the certificate before, and says why once', async (_, bad, code) => {
    const path = await put('web.pem', (await authority.sign({ names: ['web.localhost'] })).pem);
    const { carry, serve, problems, get } = await serving({ own: [{ chain: path }] });
    await carry('web');
    await put('web.pem', await bad());
    for (let n = 0; n < 4; n += 1) await serve.refresh();
    expect(problems).toMatchObject([
      { isServed: true, error: { code, message: expect.stringContaining(path) as string } },
    ]);
    expect((await get('web.localhost', authority.ca)).body).toBe('web');
    await put('web.pem', (await authority.sign({ names: ['web.localhost'] })).pem);
    await serve.refresh();
    expect(serve.ownProblems).toEqual([]);
  });

  it('that are bad when the gateway starts anew leave the certificate of before, and nothing is away meanwhile', async () => {
    const path = await put('web.pem', (await authority.sign({ names: ['web.localhost'] })).pem);
    const first = await serving({ own: [{ chain: path }] });
    await first.carry('web');
    await first.plane.close({ leave: true });
    await put('web.pem', '');
    const next = await serving({ own: [{ chain: path }], folder: first.folder });
    // Before the routes are known.
    await next.serve.refresh();
    await next.plane.apply(wantedOf({}));
    expect((await next.get('web.localhost', authority.ca)).status).toBe(404);
    await next.carry('web');
    await next.serve.refresh();
    expect((await next.get('web.localhost', authority.ca)).body).toBe('web');
    expect(next.problems).toMatchObject([{ isServed: true }]);
  });

  it('that are not there are said to be, and are served once they are', async () => {
    const path = join(files, 'web.pem');
    const { carry, serve, problems, get } = await serving({ own: [{ chain: path }] });
    await carry('web');
    await serve.refresh();
    expect(problems).toMatchObject([
      { isServed: false, error: { message: expect.stringContaining('ENOENT') as string } },
    ]);
    await put('web.pem', (await authority.sign({ names: ['web.localhost'] })).pem);
    await serve.refresh();
    expect((await get('web.localhost', authority.ca)).body).toBe('web');
  });

  it('whose key comes a moment after their chain are no problem', async () => {
    const [old, next] = [
      await authority.sign({ names: ['web.localhost'] }),
      await authority.sign({ names: ['web.localhost'] }),
    ];
    const own = { chain: await put('tls.crt', old.chain), key: await put('tls.key', old.key) };
    const { carry, serve, problems, tlsPort } = await serving({ own: [own] });
    await carry('web');
    const before = await serialOf(tlsPort, 'web.localhost', authority.ca);
    await put('tls.crt', next.chain);
    await serve.refresh();
    await put('tls.key', next.key);
    await serve.refresh();
    expect(await serialOf(tlsPort, 'web.localhost', authority.ca)).not.toBe(before);
    expect(problems).toEqual([]);
  });
});

describe('an authority of this machine', () => {
  it('signs for each host that nothing else covers, for those that come later, too', async () => {
    const own = { chain: await put('own.pem', (await authority.sign({ names: ['own.localhost'] })).pem) };
    const { carry, get, folder, port, plane } = await serving({ own: [own], isSelfSigned: true });
    await carry('web', 'own', 'prices.shop');
    const local = await readFile(authorityFiles(folder).certificate, 'utf8');
    expect((await get('web.localhost', local)).body).toBe('web');
    expect((await get('prices.shop.localhost', local)).body).toBe('web');
    expect((await get('own.localhost', authority.ca)).body).toBe('web');
    await carry('web', 'own', 'later');
    expect((await get('later.localhost', local)).body).toBe('web');
    await expect(get('prices.shop.localhost', local)).rejects.toThrow();
    expect((await ask({ port, host: 'web.localhost' })).body).toBe('web');
    expect((await ask({ port, host: 'own.localhost' })).status).toBe(301);
    expect(plane.counts.reloads).toBe(0);
  });

  it('is the same after another start, and signs anew in time', async () => {
    const { carry, serve, tlsPort, folder, later } = await serving({ isSelfSigned: true });
    await carry('web');
    const ca = await readFile(authorityFiles(folder).certificate, 'utf8');
    const first = await serialOf(tlsPort, 'web.localhost', ca);
    const [again] = await new SelfSigned(folder).certify(['x.localhost'], Date.now());
    expect(again?.issuer).toBe('Slipway gateway on this machine');
    expect(await readFile(authorityFiles(folder).certificate, 'utf8')).toBe(ca);
    await serve.refresh();
    expect(await serialOf(tlsPort, 'web.localhost', ca)).toBe(first);
    later(61 * 86_400_000);
    await serve.refresh();
    // It says so itself: the client's clock is not ours.
    expect(serve.certificates[0]?.notAfterMs).toBeGreaterThan(Date.now() + 140 * 86_400_000);
  });
});
