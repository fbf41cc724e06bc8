export {
  type AtRestKeys,
  atRestKeys,
  decryptAtRest,
  encryptAtRest,
  parseAtRestKeys,
  renewAtRest,
} from './at-rest.js';
export * from './fresh-keys.js';
export * from './keys.js';
export * from './node-key-variables.js';
export * from './request-keys.js';
export * from './request-signature.js';
export { seal, SealError, unseal } from './seal.js';
