import type { ArchiveLimits } from './plan.js';
import { startUnpackWorker } from './start-worker.js';
import { UnpackPool } from './unpack-pool.js';
import type { UnpackedSource } from './unpack.js';

export interface ExtractOptions {
  /** Links that stay below the root are unpacked as links; by default every link is refused. */
  readonly allowSymlinks?: boolean;
  /** Ends the unpacking; the promise rejects with its reason when nothing is written any more. */
  readonly signal?: AbortSignal;
}

/** One for the archive that is large, one for those that wait behind it. */
const THREADS = 2;
const pool = new UnpackPool(THREADS, startUnpackWorker);

/**
 * Unpacks a zip from outside into an empty folder, in a thread of its own: every entry is checked before the first is
 * written, and sizes are held to what the archive declares. Throws ArchiveError for what is wrong with the archive, and
 * other errors for what is wrong here; what was written by then is the caller's to remove.
 */
export function extractArchive(
  path: string,
  directory: string,
  limits: ArchiveLimits,
  { allowSymlinks = false, signal }: ExtractOptions = {},
): Promise<UnpackedSource> {
  return pool.run({ archive: path, directory, limits, allowSymlinks }, signal);
}
