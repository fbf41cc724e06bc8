import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { unreachable } from './errors.js';
import { parseRegistryUrl, type RegistryAddress } from './registry-address.js';

const TIMEOUT_MS = 30_000;

/** HTTP to one registry, with its private authority if it has one. Throws REGISTRY_UNREACHABLE. */
export class Transport {
  readonly address: RegistryAddress;
  readonly base: URL;
  private readonly dispatcher: Agent;

  constructor(url: string, ca: string | undefined) {
    this.address = parseRegistryUrl(url);
    this.base = new URL(this.address.api);
    this.dispatcher = new Agent({ connect: { ca } });
  }

  get host(): string {
    return this.address.host;
  }

  async send(url: URL, init: RequestInit): Promise<Response> {
    const options = { ...init, dispatcher: this.dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) };
    try {
      return await fetch(url, options);
    } catch (cause) {
      throw unreachable(url.host, `${init.method ?? 'GET'} ${url.pathname}`, cause);
    }
  }
}
