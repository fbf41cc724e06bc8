import { refused } from './errors.js';

interface Taken {
  readonly path: string;
  readonly directory: boolean;
}

/** As file systems compare names that ignore case and how a character is composed. */
const folded = (path: string): string => path.toUpperCase().toLowerCase().normalize('NFC');

/**
 * The names of one tree. Two that one file system holds apart and another does not would make two builds of one
 * archive, so they are refused, as are a file and a directory of one name.
 */
export class NameConflicts {
  private readonly taken = new Map<string, Taken>();

  /** Throws ArchiveError where `path`, or a directory that it needs, is in the way of what came before. */
  add(path: string, directory: boolean): void {
    const segments = path.split('/');
    for (let depth = 1; depth < segments.length; depth += 1)
      this.take(segments.slice(0, depth).join('/'), true);
    this.take(path, directory);
  }

  private take(path: string, directory: boolean): void {
    const key = folded(path);
    const before = this.taken.get(key);
    if (before === undefined) {
      this.taken.set(key, { path, directory });
      return;
    }
    const conflict = (why: string): Error => refused('ARCHIVE_NAME_CONFLICT', path, why);
    if (before.path !== path)
      throw conflict(`and ${JSON.stringify(before.path)} are one name on many systems`);
    if (before.directory !== directory) throw conflict('is a file and a directory at once');
    if (!directory) throw conflict('stands twice in the archive');
  }
}
