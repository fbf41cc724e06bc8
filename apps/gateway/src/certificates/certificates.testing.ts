import { webcrypto } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { type Answer, answerTo } from '../data-plane/haproxy.testing.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

export interface MadeCertificate {
  readonly chain: string;
  readonly key: string;
  readonly pem: string;
}

interface Wish {
  readonly names: readonly string[];
  readonly fromMs?: number;
  readonly untilMs?: number;
}

/** An authority of a test. */
export class TestAuthority {
  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly certificate: x509.X509Certificate,
  ) {}

  static async make(name = 'Test authority'): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...{ name: `CN=${name}`, keys, signingAlgorithm: ALGORITHM },
      ...{ notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + 1_000 * HOUR_MS) },
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new TestAuthority(keys, certificate);
  }

  get ca(): string {
    return this.certificate.toString('pem');
  }

  async sign({
    names,
    fromMs = Date.now() - HOUR_MS,
    untilMs = Date.now() + 100 * HOUR_MS,
  }: Wish): Promise<MadeCertificate> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const made = await x509.X509CertificateGenerator.create({
      ...{ subject: '', issuer: this.certificate.subject },
      ...{ notBefore: new Date(fromMs), notAfter: new Date(untilMs) },
      ...{ signingAlgorithm: ALGORITHM, publicKey: keys.publicKey, signingKey: this.keys.privateKey },
      extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
    });
    const bytes = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const key = x509.PemConverter.encode(bytes, 'PRIVATE KEY');
    const chain = `${made.toString('pem')}\n${this.ca}`;
    return { chain, key, pem: `${chain}\n${key}\n` };
  }
}

interface TlsQuestion {
  readonly port: number;
  readonly host: string;
  readonly ca: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** One request over HTTPS, on a connection of its own, by a client that trusts `ca` alone. */
export async function askTls({
  port,
  host,
  ca,
  path = '/',
  method = 'GET',
  headers,
  body,
}: TlsQuestion): Promise<Answer> {
  const asked = request({
    ...{ port, host: '127.0.0.1', servername: host, ca, path, method, agent: false },
    headers: { host, ...headers },
  });
  asked.end(body);
  return answerTo(asked);
}

/** A connection with TLS; throws what the handshake fails with. */
export async function connectTls(options: ConnectionOptions & { readonly port: number }): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** The serial number of the certificate that a host is served with. */
export async function serialOf(port: number, host: string, ca: string): Promise<string> {
  const socket = await connectTls({ port, servername: host, ca });
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}
