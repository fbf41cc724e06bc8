import { JsonError, parseJson } from '#libs/contracts';

export type RegistryErrorCode =
  'REGISTRY_DENIED' | 'REGISTRY_UNREACHABLE' | 'REGISTRY_REFUSED' | 'IMAGE_NOT_FOUND' | 'DELETION_DISABLED';

const HINTS: Readonly<Record<RegistryErrorCode, string>> = {
  REGISTRY_DENIED:
    'Check REGISTRY_USERNAME and REGISTRY_PASSWORD (or the Azure identity), and that they may read, write and delete here; for other registries, REGISTRY_LOGINS_FILE.',
  REGISTRY_UNREACHABLE: 'Check REGISTRY_URL and REGISTRY_CA_FILE, and that the registry runs.',
  REGISTRY_REFUSED: 'Check that REGISTRY_URL is a registry of the kind that REGISTRY_KIND says.',
  IMAGE_NOT_FOUND: 'Check the name, tag or digest of the image, and that it was pushed.',
  DELETION_DISABLED: 'Allow deletion: storage.delete.enabled of docker-registry, or unlock the image in ACR.',
};

/** Any failure of a registry. Only `code` and `kind` are to be decided on. */
export class RegistryError extends Error {
  readonly hint: string;
  readonly kind: 'retriable' | 'permanent';

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'RegistryError';
    this.hint = HINTS[code];
    this.kind = code === 'REGISTRY_UNREACHABLE' ? 'retriable' : 'permanent';
  }
}

const CODES: Readonly<Record<number, RegistryErrorCode>> = {
  401: 'REGISTRY_DENIED',
  403: 'REGISTRY_DENIED',
  404: 'IMAGE_NOT_FOUND',
  405: 'DELETION_DISABLED',
  429: 'REGISTRY_UNREACHABLE',
};

/** The error of an answer that is no success. 405 comes for deletions only: all else is allowed everywhere. */
export function refused(host: string, what: string, status: number): RegistryError {
  const code = CODES[status] ?? (status >= 500 ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_REFUSED');
  return new RegistryError(code, `${host} answered ${status} to ${what}.`);
}

/** The body of an answer. The error of one that is not JSON repeats nothing of it. */
export async function jsonOf<T>(host: string, response: { text(): Promise<string> }): Promise<T> {
  try {
    return parseJson(await response.text()) as T;
  } catch (error) {
    if (!(error instanceof JsonError)) throw unreachable(host, 'a call', error);
    throw new RegistryError('REGISTRY_REFUSED', `${host}: the answer is ${error.message}.`);
  }
}

/** The error of a call that had no answer; a RegistryError is passed on. */
export function unreachable(host: string, what: string, cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  return new RegistryError('REGISTRY_UNREACHABLE', `${host} did not answer to ${what}: ${reason(cause)}.`, {
    cause,
  });
}

/** `fetch failed` says nothing; its cause does. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const told = cause instanceof Error ? cause : error;
  if (!(told instanceof Error)) return String(told);
  return told.message || ('code' in told ? String(told.code) : told.name);
}
