import { readFile } from 'node:fs/promises';
import { fetch, type RequestInit } from 'undici';
import type { AccessToken } from './acr-login.js';
import { RegistryError } from './errors.js';

/** The variables that Azure's own libraries read, by their meaning. */
export interface AzureIdentity {
  /** AZURE_CLIENT_ID: which identity, where the machine or pod has several. */
  readonly clientId?: string;
  /** AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE: a pod's workload identity. */
  readonly tenantId?: string;
  readonly federatedTokenFile?: string;
  /** AZURE_AUTHORITY_HOST, of other clouds. */
  readonly authorityHost?: string;
  /** AZURE_POD_IDENTITY_AUTHORITY_HOST: the metadata service, where it is not at its usual address. */
  readonly metadataHost?: string;
}

const AUDIENCE = 'https://containerregistry.azure.net';
const AUTHORITY = 'https://login.microsoftonline.com';
const METADATA = 'http://169.254.169.254';
const TIMEOUT_MS = 10_000;

/** The token of a workload identity where there is one, else of the machine's managed identity. */
export function azureAccessToken(identity: AzureIdentity): AccessToken {
  return identity.federatedTokenFile === undefined
    ? () => managedIdentity(identity)
    : () => workloadIdentity(identity, identity.federatedTokenFile ?? '');
}

async function managedIdentity({ clientId, metadataHost = METADATA }: AzureIdentity): Promise<string> {
  const url = new URL('/metadata/identity/oauth2/token', metadataHost);
  url.searchParams.set('api-version', '2018-02-01');
  url.searchParams.set('resource', AUDIENCE);
  if (clientId !== undefined) url.searchParams.set('client_id', clientId);
  return tokenOf(url, { headers: { metadata: 'true' } });
}

async function workloadIdentity(identity: AzureIdentity, tokenFile: string): Promise<string> {
  const { clientId = '', tenantId = '', authorityHost = AUTHORITY } = identity;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    scope: `${AUDIENCE}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    // Read anew each time: the kubelet replaces it.
    client_assertion: (await readFile(tokenFile, 'utf8')).trim(),
  });
  return tokenOf(new URL(`/${tenantId}/oauth2/v2.0/token`, authorityHost), { method: 'POST', body: form });
}

async function tokenOf(url: URL, init: RequestInit): Promise<string> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new RegistryError('REGISTRY_DENIED', `No Azure identity: ${url.host} does not answer.`, {
        cause,
      });
    },
  );
  const body = (await response.json().catch(() => ({}))) as { access_token?: string; error?: string };
  if (response.ok && body.access_token !== undefined) return body.access_token;
  const said = body.error ?? 'no token';
  throw new RegistryError(
    'REGISTRY_DENIED',
    `No Azure identity: ${url.host} answered ${response.status}, ${said}.`,
  );
}
