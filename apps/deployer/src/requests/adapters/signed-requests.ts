import { topics } from '#libs/contracts';
import { PermanentError, type Prove } from '#libs/kafka';
import { type RequestKeys, SIGNATURE_HEADER, SignatureError, verifySignature } from '#libs/secrets';

interface Rules {
  /** Without any, signatures are not looked at. */
  readonly keys: RequestKeys | undefined;
  readonly areRequired: boolean;
}

/** What users ask for; all other messages come from the platform itself. */
const SIGNED: ReadonlySet<string> = new Set([
  topics.deploymentRequests,
  topics.scaleRequests,
  topics.secretRequests,
]);

/** Code of a request that is not signed as it must be. */
export const SIGNATURE_REFUSED = 'SIGNATURE_REFUSED';

/** The principal of the key that a request is signed with. */
export function proveBySignature({ keys, areRequired }: Rules): Prove | undefined {
  if (keys === undefined) return undefined;
  return async ({ topic, type, headers, body }) => {
    if (!SIGNED.has(topic)) return undefined;
    const signature = headers[SIGNATURE_HEADER];
    if (signature !== undefined) return verified(signature, { type, body }, keys);
    if (!areRequired) return undefined;
    throw new PermanentError(
      SIGNATURE_REFUSED,
      `${SIGNATURE_HEADER}: expected a signature, since all requests are signed here`,
    );
  };
}

async function verified(...given: Parameters<typeof verifySignature>): Promise<string> {
  try {
    return await verifySignature(...given);
  } catch (cause) {
    if (!(cause instanceof SignatureError)) throw cause;
    throw new PermanentError(SIGNATURE_REFUSED, `${SIGNATURE_HEADER}: ${cause.message}`, { cause });
  }
}
