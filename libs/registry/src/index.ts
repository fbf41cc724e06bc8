export * from './oci-registry.js';
