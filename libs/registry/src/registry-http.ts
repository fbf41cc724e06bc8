import type { RequestInit, Response } from 'undici';
import { Authorizer } from './authorizer.js';
import { refused } from './errors.js';
import type { RegistryAddress } from './registry-address.js';
import type { RegistryAccess } from './registry.js';
import { Transport } from './transport.js';

export interface RegistryRequest extends Pick<RequestInit, 'body' | 'headers'> {
  readonly method?: 'GET' | 'HEAD' | 'DELETE' | 'POST' | 'PUT';
  /** Path and query, or the address that the registry gave. */
  readonly path: string;
  /** What the login is for: tokens are kept by it. */
  readonly purpose: string;
}

/** Requests of the OCI distribution API, with the login that the registry asks for. */
export class RegistryHttp {
  readonly address: RegistryAddress;
  private readonly transport: Transport;
  private readonly authorizer: Authorizer;

  constructor({ url, credentials, ca }: RegistryAccess) {
    this.transport = new Transport(url, ca);
    this.address = this.transport.address;
    this.authorizer = new Authorizer(this.transport, credentials);
  }

  get host(): string {
    return this.address.host;
  }

  /** Any answer but a refusal. Throws RegistryError. */
  async request({ path, purpose, headers = {}, ...init }: RegistryRequest): Promise<Response> {
    const url = new URL(path, this.transport.base);
    const send = (authorization: string | undefined): Promise<Response> =>
      this.transport.send(url, {
        ...init,
        headers: { ...(headers as Record<string, string>), ...(authorization && { authorization }) },
      });
    let response = await send(this.authorizer.known(purpose));
    if (response.status === 401) {
      await response.body?.cancel();
      const challenge = response.headers.get('www-authenticate') ?? undefined;
      response = await send(await this.authorizer.answer(purpose, challenge));
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw refused(this.host, `${init.method ?? 'GET'} ${url.pathname}`, response.status);
  }
}

/** Where a listing goes on: `Link: </v2/_catalog?last=b&n=2>; rel="next"` (RFC 8288). Pure. */
export function nextPage(link: string | null): string | undefined {
  const [, target] = /^<([^>]+)>\s*;.*\brel="?next"?/.exec(link ?? '') ?? [];
  return target;
}
