import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Addresses } from '../ports.js';

/** A node that gets another address is reached there within this time. */
const KEEP_MS = 30_000;

interface Found {
  readonly address: string;
  readonly untilMs: number;
}

/** Host names by the resolver of this machine. One that cannot be found any more keeps the address that it had. */
export class LookedUpAddresses implements Addresses {
  private readonly found = new Map<string, Found>();

  /** `onMissing` is called with each name that was never found, at each try. */
  constructor(private readonly onMissing: (host: string, error: unknown) => void) {}

  async of(hosts: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const pairs = await Promise.all(hosts.map(async (host) => [host, await this.addressOf(host)] as const));
    return new Map(pairs.flatMap(([host, address]) => (address === undefined ? [] : [[host, address]])));
  }

  private async addressOf(host: string): Promise<string | undefined> {
    if (isIP(host) !== 0) return host;
    const known = this.found.get(host);
    if (known !== undefined && known.untilMs > performance.now()) return known.address;
    try {
      const { address } = await lookup(host);
      this.found.set(host, { address, untilMs: performance.now() + KEEP_MS });
      return address;
    } catch (error) {
      if (known === undefined) this.onMissing(host, error);
      return known?.address;
    }
  }
}
