/** Where a registry is asked, and how its images are named. */
export interface RegistryAddress {
  /** Origin of the registry's API. */
  readonly api: string;
  /** What stands before the first slash of an image's name. */
  readonly host: string;
  /** What engines call the registry when they log in. */
  readonly login: string;
  /** What stands before every repository: an organisation, a project; `` for none. */
  readonly namespace: string;
  /** Whether a repository has a single part behind its namespace. */
  readonly flat: boolean;
}

/** Also what tools print and what its pages are called. */
const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com']);

/** One part of a repository's name in the distribution API. */
const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** Registries in which a repository has no place without an organisation or a project. */
const NEEDED_PARTS: Readonly<Record<string, { readonly count: number; readonly form: string }>> = {
  'docker.io': { count: 1, form: 'https://docker.io/USER' },
  'ghcr.io': { count: 1, form: 'https://ghcr.io/OWNER' },
  'registry.gitlab.com': { count: 2, form: 'https://registry.gitlab.com/GROUP/PROJECT' },
};

/** Reads REGISTRY_URL, whose path is the prefix of all repositories. Throws with what was expected. Pure. */
export function parseRegistryUrl(url: string): RegistryAddress {
  const { protocol, host, origin, pathname, username, search, hash } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') throw new Error('expected https:// or http://');
  if (username !== '')
    throw new Error('expected no login in it: use REGISTRY_USERNAME and REGISTRY_PASSWORD');
  if (search !== '' || hash !== '') throw new Error('expected a host and a path, without ? and #');
  const namespace = pathname.split('/').filter((part) => part !== '');
  if (!namespace.every((part) => PART.test(part)))
    throw new Error('expected a path of lower-case letters, digits and single . _ or - between them');
  const isHub = DOCKER_HUB.has(host);
  const name = isHub ? 'docker.io' : host;
  const needed = NEEDED_PARTS[name];
  if (needed !== undefined && namespace.length < needed.count) throw new Error(`expected ${needed.form}`);
  if (isHub && namespace.length > 1)
    throw new Error('expected https://docker.io/USER: repositories of Docker Hub have no further path');
  return {
    api: isHub ? 'https://registry-1.docker.io' : origin,
    host: name,
    login: isHub ? 'https://index.docker.io/v1/' : host,
    namespace: namespace.join('/'),
    flat: isHub,
  };
}

/**
 * One repository a service: `namespace/application/service`, or `namespace/application__service` where it has to be flat.
 * Names of applications and services have no `_`, so no two services share a repository. Pure.
 */
export function repositoryOf(
  { namespace, flat }: Pick<RegistryAddress, 'namespace' | 'flat'>,
  appId: string,
  service: string,
): string {
  const own = flat ? `${appId}__${service}` : `${appId}/${service}`;
  return namespace === '' ? own : `${namespace}/${own}`;
}
