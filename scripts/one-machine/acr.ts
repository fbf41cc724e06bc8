import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AcrFront } from './acr-front.js';
import { TokenIssuer } from './acr-tokens.js';
import { makeCertificates } from './certificates.js';
import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import { Ledger } from './ledger.js';

/** A registry that answers as Azure Container Registry does: for tests. */
export interface AcrLike {
  readonly url: string;
  /** PEM of its authority. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  /** What an Azure identity would be given for it. */
  readonly identityToken: string;
  /** `GET /acr/v1/_catalog`, in order of arrival. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

/** Debian's docker-registry with `auth: token`, and before it the issuer of its tokens with ACR's own API, over TLS. */
export async function startAcrLike(address: string): Promise<AcrLike> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-acr-'));
  const host = `${address}:${await freePort(address)}`;
  const issuer = await TokenIssuer.make(folder, address);
  const caFile = await makeCertificates(folder, address);
  const backend = await startBackend(folder, host, issuer);
  const login = { username: 'principal', password: 'not a secret', identityToken: 'entra' };
  const front = new AcrFront({ host, backend: backend.url, issuer, login });
  const tls = { cert: readFileSync(join(folder, 'tls.crt')), key: readFileSync(join(folder, 'tls.key')) };
  const server = createServer(tls, (request, response) => void front.serve(request, response));
  await listen(server, host);
  return {
    url: `https://${host}`,
    ca: readFileSync(caFile, 'utf8'),
    ...login,
    requests: () => front.requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await backend.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listen(server: Server, host: string): Promise<void> {
  const { hostname, port } = new URL(`https://${host}`);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), hostname, () => resolve());
  });
}

async function startBackend(
  folder: string,
  host: string,
  issuer: TokenIssuer,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const { hostname } = new URL(`https://${host}`);
  const token = { realm: `https://${host}/oauth2/token`, service: hostname, issuer: hostname };
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
    auth: { token: { ...token, rootcertbundle: issuer.certificateFile } },
  };
  const file = join(folder, 'config.yml');
  writeFileSync(file, JSON.stringify(config));
  const ledger = new Ledger(join(folder, 'ledger'));
  const child = new Child('Registry', '/usr/bin/docker-registry', ['serve', file], { ledger });
  await child.until(() => answers(port));
  return { url: `http://127.0.0.1:${port}`, stop: () => child.stop() };
}
