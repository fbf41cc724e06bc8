import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type * as x509 from '@peculiar/x509';
import { type Certificate, renewAtMs } from '../domain/certificate.js';
import type { LocalAuthority } from '../ports.js';
import { fileId } from './file-id.js';
import { factsOf } from './read-pem.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
const HOST_DAYS = 90;
/** A client whose clock is slow takes it, too. */
const EARLIER_MS = 3_600_000;

type Library = typeof x509;

interface Signer {
  readonly certificate: InstanceType<Library['X509Certificate']>;
  readonly key: webcrypto.CryptoKey;
}

/** The files of the authority in a folder: whoever takes `ca.pem` in trusts all that it signs. */
export const authorityFiles = (folder: string) => ({
  certificate: `${folder}/ca.pem`,
  key: `${folder}/ca-key.pem`,
});

/** An authority of its own in a folder, made at the first start. */
export class SelfSigned implements LocalAuthority {
  private readonly made = new Map<string, Certificate>();
  private signer: Promise<Signer> | undefined;

  constructor(private readonly folder: string) {}

  async certify(hosts: readonly string[], nowMs: number): Promise<readonly Certificate[]> {
    const wanted = new Set(hosts);
    for (const host of this.made.keys()) if (!wanted.has(host)) this.made.delete(host);
    for (const host of hosts) {
      const known = this.made.get(host);
      if (known === undefined || renewAtMs(known, host) <= nowMs)
        this.made.set(host, await this.make(host, nowMs));
    }
    return [...this.made.values()];
  }

  private async make(host: string, nowMs: number): Promise<Certificate> {
    this.signer ??= this.open(nowMs);
    const [library, signer] = [await load(), await this.signer];
    const keys = await generated();
    const made = await library.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: '',
      issuer: signer.certificate.subject,
      notBefore: new Date(nowMs - EARLIER_MS),
      notAfter: new Date(nowMs + HOST_DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: signer.key,
      extensions: [
        new library.SubjectAlternativeNameExtension([{ type: 'dns', value: host }], true),
        new library.BasicConstraintsExtension(false, undefined, true),
        new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
        new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth]),
        await library.AuthorityKeyIdentifierExtension.create(signer.certificate.publicKey),
      ],
    });
    const pem = `${made.toString('pem')}\n${await privatePem(keys.privateKey)}`;
    const facts = factsOf(new X509Certificate(made.toString('pem')));
    return { ...facts, id: fileId('self-signed', host), source: 'self-signed', pem };
  }

  /** What the folder has, or else a new one. */
  private async open(nowMs: number): Promise<Signer> {
    const library = await load();
    const files = authorityFiles(this.folder);
    try {
      const certificate = new library.X509Certificate(await readFile(files.certificate, 'utf8'));
      const key = await importedKey(library, await readFile(files.key, 'utf8'));
      if (certificate.notAfter.getTime() > nowMs + HOST_DAYS * DAY_MS) return { certificate, key };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return this.begin(library, nowMs);
  }

  private async begin(library: Library, nowMs: number): Promise<Signer> {
    const keys = await generated();
    const certificate = await library.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name: 'CN=Slipway gateway on this machine',
      notBefore: new Date(nowMs - EARLIER_MS),
      notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new library.BasicConstraintsExtension(true, 0, true),
        new library.KeyUsagesExtension(library.KeyUsageFlags.keyCertSign, true),
        await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const files = authorityFiles(this.folder);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // The certificate last: a key without it is made anew.
    await replaceFile(files.key, await privatePem(keys.privateKey));
    await replaceFile(files.certificate, `${certificate.toString('pem')}\n`);
    return { certificate, key: keys.privateKey };
  }
}

/** Loaded only where it is needed. */
const load = (): Promise<Library> => import('@peculiar/x509');

const generated = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** A positive number, as RFC 5280 wants it. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const rows = bytes.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...rows, '-----END PRIVATE KEY-----', ''].join('\n');
}

async function importedKey(library: Library, pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = library.PemConverter.decodeFirst(pem);
  return webcrypto.subtle.importKey('pkcs8', bytes, ALGORITHM, true, ['sign']);
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text, { mode: 0o600 });
  await rename(`${path}.next`, path);
}
