import { readFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import { requireEnv } from '#libs/testing';
import { type AcrLike, startAcrLike } from '../../../scripts/one-machine/acr.js';
import { identityLogin } from './acr-login.js';
import { AcrRegistry } from './acr-registry.js';
import { OciRegistry } from './oci-registry.js';
import { describeRegistry } from './registry.contract.js';
import type { RegistryAccess } from './registry.js';

let acr: AcrLike;
beforeAll(async () => {
  acr = await startAcrLike(new URL(requireEnv('REGISTRY_URL')).hostname);
});
afterAll(() => acr.stop());

const userOf = (username: string, password: string) => () => Promise.resolve({ username, password });

const ociAccess = (): RegistryAccess => ({
  url: requireEnv('REGISTRY_URL'),
  ca: readFileSync(requireEnv('REGISTRY_CA_FILE'), 'utf8'),
  credentials: userOf(requireEnv('REGISTRY_USERNAME'), requireEnv('REGISTRY_PASSWORD')),
});

const acrAccess = (): RegistryAccess => {
  const { url, ca, username, password } = acr;
  return { url, ca, credentials: userOf(username, password) };
};

const identityAccess = (): RegistryAccess => {
  const { url, ca, identityToken } = acr;
  return { url, ca, credentials: identityLogin(url, ca, () => Promise.resolve(identityToken)) };
};

const oci = (access: RegistryAccess) => new OciRegistry(access);
const azure = (access: RegistryAccess) => new AcrRegistry(access);

describeRegistry('OCI registry with a basic login', { create: oci, access: ociAccess });
describeRegistry('OCI registry with tokens', { create: oci, access: acrAccess });
describeRegistry('ACR with username and password', { create: azure, access: acrAccess });
describeRegistry('ACR with an Azure identity', { create: azure, access: identityAccess });
