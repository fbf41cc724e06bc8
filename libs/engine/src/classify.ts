import { EngineError, type EngineErrorCode } from './errors.js';

const HINTS: Readonly<Record<EngineErrorCode, string>> = {
  ENGINE_UNREACHABLE: 'Check that the machine is up and its Docker engine runs.',
  ENGINE_FORBIDDEN: 'Add the user to the group of the socket, which is docker in most cases.',
  ENGINE_UNSUPPORTED: 'Install a newer engine on that machine.',
  ENGINE_FAILED: "Read the cause, and the engine's own log on the machine.",
  ENGINE_ABORTED: 'The caller aborted it.',
  IMAGE_NOT_FOUND: 'Check the name, tag or digest of the image, and that it was pushed.',
  CONTAINER_NOT_FOUND: 'It was removed. Check what runs on the machine.',
  NAME_TAKEN: 'Another container has the name.',
  PORT_TAKEN: 'Choose another host port, or stop what listens on it.',
  SPEC_INVALID: 'Read the cause: the engine refused a value.',
  BUILD_FAILED: 'Read the last lines of the build.',
  BUILD_SECRETS_UNSUPPORTED:
    'Build on an engine with BuildKit, Docker 18.09 or newer on Linux, or remove buildSecrets from config.json.',
  NO_SPACE: 'Free space on the disk of the engine; start with unused images.',
  REGISTRY_DENIED: 'Check the login of the registry, and that it may read or write this repository.',
  REGISTRY_UNREACHABLE:
    'Check that the machine of the engine reaches the registry and trusts its certificate.',
};

/** What an engine says of a registry without TLS that it was not told of. */
const PLAIN_HTTP = /server gave http response to https client/i;
const PLAIN_HTTP_HINT =
  'The registry speaks plain http: name it in "insecure-registries" of /etc/docker/daemon.json on the machine of the engine, and restart the engine.';

/**
 * What the engine's API gives is an HTTP status; for what it knows no status it gives 500 and a sentence. These
 * are the sentences, in one table, the same from Docker 20.10 to 28: the engine offers nothing better.
 */
const ENGINE_SENTENCES: readonly (readonly [RegExp, EngineErrorCode])[] = [
  [/port is already allocated|address already in use|failed to bind host port/i, 'PORT_TAKEN'],
  // Docker has a status for it, Podman has none.
  [/container name .* is already in use/i, 'NAME_TAKEN'],
  // `user` of config.json.
  [/unable to find (?:user|group) |no matching entries in (?:passwd|group) file/i, 'SPEC_INVALID'],
  [/no space left on device|disk quota exceeded/i, 'NO_SPACE'],
  [
    /unauthorized|authentication required|no basic auth credentials|access denied|requested access.*denied|\bdenied\b/i,
    'REGISTRY_DENIED',
  ],
  [
    /manifest unknown|manifest for .* not found|no such image|repository .* not found|image does not exist|tag does not exist|pull access denied|unrecognized image id/i,
    'IMAGE_NOT_FOUND',
  ],
  [
    /dial tcp|no such host|i\/o timeout|tls handshake|x509:|connection refused|server gave http response/i,
    'REGISTRY_UNREACHABLE',
  ],
  // It answers, but not to the question: an outage, or too many requests.
  [/unexpected (?:http )?status.*: (?:5\d\d|429)\b|toomanyrequests/i, 'REGISTRY_UNREACHABLE'],
  // The connection broke, or no answer came in time.
  [/\b(?:get|head) "https?:|connection reset by peer|unexpected eof/i, 'REGISTRY_UNREACHABLE'],
];

interface EngineResponseError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
}

/** Codes by HTTP status that hold for the call at hand. */
export type StatusCodes = Readonly<Record<number, EngineErrorCode>>;

/** Any error of a call to the engine as an EngineError. Without a response it was not reached. */
export function toEngineError(
  what: string,
  error: unknown,
  byStatus: StatusCodes = {},
  signal?: AbortSignal,
): EngineError {
  if (error instanceof EngineError) return error;
  const { code: cause, statusCode, message } = error as EngineResponseError;
  if (signal?.aborted) return engineError('ENGINE_ABORTED', what, error);
  if (statusCode === undefined)
    return engineError(cause === 'EACCES' ? 'ENGINE_FORBIDDEN' : 'ENGINE_UNREACHABLE', what, error);
  const code =
    byStatus[statusCode] ??
    codeOfSentence(message) ??
    (statusCode === 400 ? 'SPEC_INVALID' : 'ENGINE_FAILED');
  return engineError(code, what, error);
}

export function engineError(
  code: EngineErrorCode,
  what: string,
  cause: unknown,
  logTail?: readonly string[],
): EngineError {
  const reason = cause instanceof Error ? cause.message.trim() : String(cause);
  const hint = PLAIN_HTTP.test(reason) ? PLAIN_HTTP_HINT : HINTS[code];
  return new EngineError(code, { message: `${what}: ${reason}`, hint, cause, logTail });
}

export function codeOfSentence(sentence: string): EngineErrorCode | undefined {
  return ENGINE_SENTENCES.find(([pattern]) => pattern.test(sentence))?.[1];
}
