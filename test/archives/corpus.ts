import type { ArchiveCase } from './archive-case.js';
import { bombs } from './bombs.cases.js';
import { conflicts } from './conflicts.cases.js';
import { kinds } from './kinds.cases.js';
import { names } from './names.cases.js';
import { structure } from './structure.cases.js';

/** Hostile archives and odd ones, each with what has to come of it. */
export const corpus: Readonly<Record<string, readonly ArchiveCase[]>> = {
  names,
  kinds,
  conflicts,
  structure,
  bombs,
};
