export type ArchiveErrorCode = 'ARCHIVE_CORRUPT' | 'ARCHIVE_UNSAFE' | 'ARCHIVE_TOO_LARGE';

const HINTS: Readonly<Record<ArchiveErrorCode, string>> = {
  ARCHIVE_CORRUPT: 'Make the zip anew and upload it again; slipway push makes one from a folder.',
  ARCHIVE_UNSAFE: "Make the zip from inside the service's folder, with plain files and folders only.",
  ARCHIVE_TOO_LARGE: 'Leave out what the build makes (node_modules, .venv, data), or raise the limit.',
};

/** An archive that is not unpacked, and why. */
export class ArchiveError extends Error {
  readonly hint: string;

  constructor(
    readonly code: ArchiveErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'ArchiveError';
    this.hint = HINTS[code];
  }
}
