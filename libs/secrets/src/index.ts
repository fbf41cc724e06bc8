export {
  type AtRestKeys,
  atRestKeys,
  decryptAtRest,
  encryptAtRest,
  parseAtRestKeys,
  renewAtRest,
} from './at-rest.js';
export * from './keys.js';
export { seal, SealError, unseal } from './seal.js';
