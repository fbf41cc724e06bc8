export type { AzureIdentity } from './azure-identity.js';
export * from './create-registry.js';
export * from './errors.js';
export * from './registry.js';
export { RegistryHttp, type RegistryRequest } from './registry-http.js';
