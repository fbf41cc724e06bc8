import { createHash } from 'node:crypto';

/** A name for a file, the same for the same thing; a host name may be as long as a file's name itself. */
export const fileId = (source: string, name: string): string =>
  `${source}-${createHash('sha256').update(name).digest('hex').slice(0, 20)}`;
