import { readFile } from 'node:fs/promises';
import { dockerLogins } from './docker-logins.js';
import { RegistryError } from './errors.js';
import type { ImageRegistry, RegistryLogin, UserPassword } from './registry.js';

/** The login of each registry. It goes to no other: none must learn the login of another. */
export interface RegistryLogins {
  /** That have a login. */
  hosts(): Promise<readonly string[]>;
  /** As it is now. Undefined: the registry is asked without one. Throws RegistryError. */
  at(host: string): Promise<RegistryLogin | undefined>;
}

/**
 * Our own registry's, and those of other hosts in a docker config.json. The file is read for each transfer anew: a
 * token that ends may be written there by another program.
 */
export function registryLogins(
  own: Pick<ImageRegistry, 'host' | 'login'>,
  file: string | undefined,
): RegistryLogins {
  const others = (): Promise<ReadonlyMap<string, UserPassword>> =>
    file === undefined ? Promise.resolve(new Map()) : readLogins(file);
  return {
    hosts: async () => [...new Set([own.host, ...(await others()).keys()])],
    async at(host) {
      if (host === own.host) return own.login();
      const login = (await others()).get(host);
      return login && { ...login, serveraddress: host };
    },
  };
}

async function readLogins(file: string): Promise<ReadonlyMap<string, UserPassword>> {
  try {
    return dockerLogins(await readFile(file, 'utf8'));
  } catch (cause) {
    const message = `REGISTRY_LOGINS_FILE cannot be used: ${(cause as Error).message}`;
    throw new RegistryError('REGISTRY_DENIED', message, { cause });
  }
}

/** The host of the registry that an image lies in: `docker.io` where its name begins with none, as Docker has it. */
export function hostOfImage(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}

export const loginFor = (logins: RegistryLogins, image: string): Promise<RegistryLogin | undefined> =>
  logins.at(hostOfImage(image));
