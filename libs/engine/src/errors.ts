export type EngineErrorCode =
  | 'ENGINE_UNREACHABLE'
  | 'ENGINE_FORBIDDEN'
  | 'ENGINE_UNSUPPORTED'
  | 'ENGINE_FAILED'
  | 'ENGINE_ABORTED'
  | 'IMAGE_NOT_FOUND'
  | 'CONTAINER_NOT_FOUND'
  | 'NAME_TAKEN'
  | 'PORT_TAKEN'
  | 'SPEC_INVALID'
  | 'BUILD_FAILED'
  | 'BUILD_SECRETS_UNSUPPORTED'
  | 'NO_SPACE'
  | 'REGISTRY_DENIED'
  | 'REGISTRY_UNREACHABLE';

const RETRIABLE: ReadonlySet<EngineErrorCode> = new Set([
  'ENGINE_UNREACHABLE',
  'REGISTRY_UNREACHABLE',
  'ENGINE_FAILED',
]);

export interface EngineErrorParts {
  readonly message: string;
  readonly hint: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, string | number>>;
  /** The last lines of a build, oldest first. */
  readonly logTail?: readonly string[];
}

/** Any failure of this lib. Only `code` and `kind` are to be decided on. */
export class EngineError extends Error {
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly logTail: readonly string[];
  readonly kind: 'retriable' | 'permanent';

  constructor(
    readonly code: EngineErrorCode,
    { message, hint, cause, details = {}, logTail = [] }: EngineErrorParts,
  ) {
    super(message, { cause });
    this.name = 'EngineError';
    this.hint = hint;
    this.details = details;
    this.logTail = logTail;
    this.kind = RETRIABLE.has(code) ? 'retriable' : 'permanent';
  }
}
