import { anyOf, secret } from '#libs/config';
import { parseAtRestKeys } from './at-rest.js';

/** The variables that hold the keys of nodes' logins. Whoever spreads them into a schema refines it by `someNodeKey`. */
export const nodeKeyVariables = {
  SLIPWAY_NODE_KEY: secret(parseAtRestKeys)
    .optional()
    .describe(
      'base64url of 32 bytes, several with commas: logins of nodes are encrypted with the first, and each opens them.',
    ),
  SLIPWAY_SECRET_KEY: secret(parseAtRestKeys)
    .optional()
    .describe('The one key of an older installation: it still opens what was encrypted with it.'),
} as const;

/** The arguments of a `refine` that asks for at least one of `nodeKeyVariables`. */
export const someNodeKey = anyOf('SLIPWAY_NODE_KEY', 'SLIPWAY_SECRET_KEY');
