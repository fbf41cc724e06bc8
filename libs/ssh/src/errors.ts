import { type HostKey, hostKeyText } from './host-key.js';

export type SshErrorCode =
  | 'SSH_UNREACHABLE'
  | 'SSH_LOGIN_REFUSED'
  | 'SSH_HOST_KEY_MISMATCH'
  | 'SSH_CONNECTION_LOST'
  | 'SSH_CHANNEL_REFUSED'
  | 'SSH_TIMEOUT'
  | 'SSH_ABORTED'
  | 'SSH_OUTPUT_TOO_LARGE'
  | 'SSH_ARGUMENT_INVALID'
  | 'SSH_POOL_CLOSED';

const RETRIABLE: ReadonlySet<SshErrorCode> = new Set([
  'SSH_UNREACHABLE',
  'SSH_CONNECTION_LOST',
  'SSH_TIMEOUT',
]);

export interface SshErrorParts {
  readonly message: string;
  readonly hint: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** Any failure of this lib. Only `code` and `kind` are to be decided on. */
export class SshError extends Error {
  readonly hint: string;
  readonly details: Readonly<Record<string, string | number>>;
  readonly kind: 'retriable' | 'permanent';

  constructor(
    readonly code: SshErrorCode,
    { message, hint, cause, details = {} }: SshErrorParts,
  ) {
    super(message, { cause });
    this.name = 'SshError';
    this.hint = hint;
    this.details = details;
    this.kind = RETRIABLE.has(code) ? 'retriable' : 'permanent';
  }
}

/** Where the fingerprint comes from that no key of the machine has: the inventory, or whoever enrols the machine. */
type Origin = 'enrolled' | 'given';

const MISMATCH: Readonly<Record<Origin, { readonly text: string; readonly hint: string }>> = {
  enrolled: {
    text: 'but it was enrolled with',
    hint: 'If the machine was reinstalled, enrol it again. If not, another machine answers at this address.',
  },
  given: {
    text: 'and not the given',
    hint: 'Compare with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the machine. If it prints the given one, another machine answers at this address.',
  },
};

/** The machine that answered is not the one that is wanted. No login was sent to it. */
export class HostKeyMismatchError extends SshError {
  readonly expected: string;
  /** The first that it showed. */
  readonly presented: string;

  constructor(wanted: HostKey, shown: readonly HostKey[], address: string, origin: Origin = 'enrolled') {
    const expected = wanted.fingerprint;
    const presented = shown[0]?.fingerprint ?? '';
    const keys = shown.map(hostKeyText).join(', ');
    const { text, hint } = MISMATCH[origin];
    super('SSH_HOST_KEY_MISMATCH', {
      message: `${address} shows the host key ${keys}, ${text} ${hostKeyText(wanted)}.`,
      hint,
      details: { expected, presented, address },
    });
    this.name = 'HostKeyMismatchError';
    this.expected = expected;
    this.presented = presented;
  }
}
