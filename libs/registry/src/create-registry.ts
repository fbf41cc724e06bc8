import { identityLogin } from './acr-login.js';
import { AcrRegistry } from './acr-registry.js';
import { type AzureIdentity, azureAccessToken } from './azure-identity.js';
import { OciRegistry } from './oci-registry.js';
import type { Credentials, ImageRegistry, RegistryAccess } from './registry.js';

export const REGISTRY_KINDS = ['acr', 'ecr', 'oci'] as const;
export type RegistryKind = (typeof REGISTRY_KINDS)[number];

export interface RegistryOptions extends Omit<RegistryAccess, 'credentials'> {
  /** By the host's name when left out. */
  readonly kind?: RegistryKind;
  /** Without one, ACR and ECR are asked as an identity of their cloud, and any other registry without a login. */
  readonly username?: string;
  readonly password?: string;
  readonly identity?: AzureIdentity;
}

const ACR_HOST = /\.azurecr\.(io|cn|us)$/;
const ECR_HOST = /^\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/;

/** Whose registry stands behind an address. Pure. */
export function kindOf(url: string): RegistryKind {
  const { hostname } = new URL(url);
  if (ACR_HOST.test(hostname)) return 'acr';
  return ECR_HOST.test(hostname) ? 'ecr' : 'oci';
}

/** The adapter for a registry, as it is configured. */
export async function createRegistry(options: RegistryOptions): Promise<ImageRegistry> {
  const { kind = kindOf(options.url) } = options;
  // The client of AWS takes a tenth of a second to load: only those wait for it who use it.
  if (kind === 'ecr') return (await import('./ecr-registry.js')).openEcr(options);
  const access = { ...options, credentials: credentialsOf(kind, options) };
  return kind === 'acr' ? new AcrRegistry(access) : new OciRegistry(access);
}

function credentialsOf(kind: RegistryKind, options: RegistryOptions): Credentials {
  const { url, ca, username, password = '', identity = {} } = options;
  if (username !== undefined) return () => Promise.resolve({ username, password });
  if (kind === 'acr') return identityLogin(url, ca, azureAccessToken(identity));
  return () => Promise.resolve(undefined);
}
