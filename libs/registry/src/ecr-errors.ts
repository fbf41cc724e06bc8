import { ECRServiceException } from '@aws-sdk/client-ecr';
import { RegistryError, unreachable } from './errors.js';

/** Errors of ECR that no other try can mend: the identity lacks a permission, or is none. */
const DENIED =
  /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|Credentials|InvalidClientTokenId/;

/** With status 400, and mended by time alone. */
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded/;

/** The error of a call of AWS: what its identity lacks, or that it did not answer. */
export function toRegistryError(
  host: string,
  permission: string,
  what: string,
  error: unknown,
): RegistryError {
  const name = error instanceof Error ? error.name : '';
  if (DENIED.test(name))
    return new RegistryError(
      'REGISTRY_DENIED',
      `${host} refused ${permission} for ${what} (${name}): the AWS identity needs this permission.`,
      { cause: error },
    );
  const status = error instanceof ECRServiceException ? error.$metadata.httpStatusCode : undefined;
  if (status === undefined || status >= 500 || THROTTLED.test(name))
    return unreachable(host, permission, error);
  return new RegistryError('REGISTRY_REFUSED', `${host} refused ${permission} for ${what} (${name}).`, {
    cause: error,
  });
}
