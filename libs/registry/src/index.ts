export type { AzureIdentity } from './azure-identity.js';
export * from './create-registry.js';
export * from './errors.js';
export { parseRegistryUrl, type RegistryAddress } from './registry-address.js';
export * from './registry.js';
export * from './layers-in-registry.js';
export { dockerLogins } from './docker-logins.js';
export * from './registry-logins.js';
export { RegistryHttp, type RegistryRequest } from './registry-http.js';
