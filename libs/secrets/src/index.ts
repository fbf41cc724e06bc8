export {
  type AtRestKeys,
  atRestKeys,
  decryptAtRest,
  encryptAtRest,
  parseAtRestKeys,
  renewAtRest,
} from './at-rest.js';
export * from './keys.js';
export * from './node-key-variables.js';
export { seal, SealError, unseal } from './seal.js';
