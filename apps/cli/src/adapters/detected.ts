import type { ServiceConfig } from '#libs/contracts';
import type { SourceTree } from '#libs/source-detect';
import { usageError } from '../errors.js';

/**
 * What a source is, in one line, found out as the deployer will from the same files. `where` is its config.json, as
 * messages name it. Throws a usage error where it cannot be served.
 */
export async function detectedIn(tree: SourceTree, config: ServiceConfig, where: string): Promise<string> {
  const { detect, findingsText } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  return refused(where, () => findingsText(detect(tree, config).found));
}

/** A usage error for a refusal; its message begins with `where` instead of `config.json`. */
export async function refused<T>(where: string, work: () => T): Promise<T> {
  const { SourceRefusal } = await import('#libs/source-detect');
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SourceRefusal)) throw error;
    const message = error.message.replace(/^config\.json/, () => where);
    throw usageError(error.code, message, { hint: error.hint, cause: error });
  }
}
