import { readFile } from 'node:fs/promises';
import { connectEngine } from '#libs/engine';
import { diskOver, SshPool, type SshPoolOptions, type SshTarget } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import type { BuilderAddress } from './builder-address.js';
import { Builder } from './builder.js';
import { freeBytesAt } from './free-space.js';

interface BuildersOptions {
  readonly addresses: readonly BuilderAddress[];
  /** Builds at once, where an address does not say. */
  readonly limit: number;
  readonly cacheMaxBytes: number;
  readonly minFreeBytes: number;
  readonly installation: string;
  readonly ssh: Partial<SshPoolOptions>;
  readonly logger: Logger;
}

/** The engines that build; each is connected to at its first call. */
export function connectBuilders(options: BuildersOptions): Promise<readonly Builder[]> {
  return Promise.all(options.addresses.map((address) => connect(address, options)));
}

async function connect(address: BuilderAddress, options: BuildersOptions): Promise<Builder> {
  const { cacheMaxBytes, minFreeBytes, installation, logger } = options;
  const common = {
    ...{ name: address.name, limit: address.builds ?? options.limit, installation, logger },
    ...{ cacheMaxBytes, minFreeBytes },
  };
  const { socketPath, ssh: way } = address;
  if (way === undefined) {
    const engine = connectEngine({ socketPath });
    return new Builder({ ...common, engine, freeBytes: freeBytesAt, close: () => engine.close() });
  }
  const { keyFile, ...machine } = way;
  const target: SshTarget = { ...machine, login: { privateKey: await readFile(keyFile, 'utf8') } };
  const ssh = new SshPool({ ...options.ssh, logger });
  const engine = connectEngine({ ssh, target, socketPath });
  return new Builder({
    ...{ ...common, engine },
    freeBytes: async (path) => (await diskOver(ssh, target, path))?.availableBytes,
    async close() {
      await engine.close();
      await ssh.close();
    },
  });
}
