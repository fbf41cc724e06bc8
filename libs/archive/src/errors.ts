const HINTS = {
  ARCHIVE_CORRUPT: 'Make the zip anew and upload it again; slipway push makes one from a folder.',
  ARCHIVE_EMPTY: "Put the service's files and its config.json into the zip.",
  ARCHIVE_ENCRYPTED: 'Make the zip without a password; secrets do not belong into a source.',
  ARCHIVE_LINK:
    'Put the file itself in place of the link, or have the deployer allow links inside an archive.',
  ARCHIVE_MISMATCH: 'Make the zip anew with a common tool; slipway push makes one from a folder.',
  ARCHIVE_NAME_CONFLICT: 'Rename one of the two, so that every system tells them apart.',
  ARCHIVE_TOO_LARGE: 'Leave out what the build makes (node_modules, .venv, data), or raise the limit.',
  ARCHIVE_UNSAFE: "Make the zip from inside the service's folder, with plain files and folders only.",
  ARCHIVE_UNSUPPORTED: 'Make one zip file, stored or with the common compression (deflate).',
} as const;

export type ArchiveErrorCode = keyof typeof HINTS;

/** An archive that is not unpacked, and why. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;
  readonly hint: string;

  /** `hint` in place of the usual one of this code. */
  constructor(code: ArchiveErrorCode, message: string, options?: { cause?: unknown; hint?: string }) {
    super(message, options);
    this.name = 'ArchiveError';
    this.code = code;
    this.hint = options?.hint ?? HINTS[code];
  }
}

export const corrupt = (why: string, cause?: unknown): ArchiveError =>
  new ArchiveError('ARCHIVE_CORRUPT', `the archive cannot be read: ${why}`, { cause });
export const mismatch = (what: string): ArchiveError =>
  new ArchiveError('ARCHIVE_MISMATCH', `the archive contradicts itself: ${what}`);
export const tooLarge = (message: string): ArchiveError => new ArchiveError('ARCHIVE_TOO_LARGE', message);
/** What is wrong with one entry; its name is quoted, whatever it holds. */
export const refused = (code: ArchiveErrorCode, name: string, why: string, hint?: string): ArchiveError =>
  new ArchiveError(code, `${JSON.stringify(name)} ${why}`, { hint });
