import type { Found } from './domain/found.js';
import { LimitError } from './domain/limit-error.js';
import type { Words } from './domain/words.js';
import type { LimitedNode, Target } from './ports.js';

/** What the kernel holds of one target, after it was written. Throws LimitError. */
export async function lookAt(
  node: Pick<LimitedNode, 'write'>,
  target: Target,
  words: Words = [],
): Promise<Found> {
  const [subject] = await node.write([{ target, words }]);
  if (subject?.kind === 'found') return subject;
  throw subject?.kind === 'bare'
    ? new LimitError('unsupported', 'it has no control group of its own')
    : new LimitError('gone', 'it does not run any more');
}
