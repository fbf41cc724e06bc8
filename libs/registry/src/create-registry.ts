import { identityLogin } from './acr-login.js';
import { AcrRegistry } from './acr-registry.js';
import { type AzureIdentity, azureAccessToken } from './azure-identity.js';
import { OciRegistry } from './oci-registry.js';
import type { Credentials, ImageRegistry, RegistryAccess } from './registry.js';

export const REGISTRY_KINDS = ['acr', 'oci'] as const;
export type RegistryKind = (typeof REGISTRY_KINDS)[number];

export interface RegistryOptions extends Omit<RegistryAccess, 'credentials'> {
  /** By the host's name when left out. */
  readonly kind?: RegistryKind;
  /** Without one, ACR is asked as an Azure identity and any other registry without a login. */
  readonly username?: string;
  readonly password?: string;
  readonly identity?: AzureIdentity;
}

const ACR_HOST = /\.azurecr\.(io|cn|us)$/;

/** Whose registry stands behind an address. Pure. */
export function kindOf(url: string): RegistryKind {
  return ACR_HOST.test(new URL(url).hostname) ? 'acr' : 'oci';
}

/** The adapter for a registry, as it is configured. */
export function createRegistry(options: RegistryOptions): ImageRegistry {
  const { kind = kindOf(options.url) } = options;
  const access = { ...options, credentials: credentialsOf(kind, options) };
  return kind === 'acr' ? new AcrRegistry(access) : new OciRegistry(access);
}

function credentialsOf(kind: RegistryKind, options: RegistryOptions): Credentials {
  const { url, ca, username, password = '', identity = {} } = options;
  if (username !== undefined) return () => Promise.resolve({ username, password });
  if (kind === 'acr') return identityLogin(url, ca, azureAccessToken(identity));
  return () => Promise.resolve(undefined);
}
