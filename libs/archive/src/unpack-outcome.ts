import { ArchiveError } from './errors.js';
import type { UnpackedSource } from './unpack.js';

/** What a worker answers. Errors lose their class on the way between threads, so they travel as data. */
export type UnpackOutcome =
  | { readonly unpacked: UnpackedSource }
  | { readonly refused: Pick<ArchiveError, 'code' | 'message' | 'hint'> }
  | { readonly failed: unknown; readonly code?: string };

export function outcomeOf(thrown: unknown): UnpackOutcome {
  if (thrown instanceof ArchiveError) {
    const { code, message, hint } = thrown;
    return { refused: { code, message, hint } };
  }
  const { code } = thrown as NodeJS.ErrnoException;
  return { failed: thrown, code };
}

export function resultOf(outcome: UnpackOutcome): UnpackedSource {
  if ('unpacked' in outcome) return outcome.unpacked;
  if ('refused' in outcome) {
    const { code, message, hint } = outcome.refused;
    throw new ArchiveError(code, message, { hint });
  }
  // A full disk, say: no fault of the archive.
  const { failed, code } = outcome;
  const error = failed instanceof Error ? failed : new Error(String(failed));
  // Of an error only the message comes through.
  throw code === undefined ? error : Object.assign(error, { code });
}
