import type { ServiceConfig } from '#libs/contracts';
import type { SourceTree } from '#libs/source-detect';
import { usageError } from '../errors.js';

export interface Detected {
  /** What the source is, in one line. */
  readonly detected: string;
  /** Its build is one of Node.js, whose tools take values out of `.env` files. */
  readonly readsEnvFiles: boolean;
}

/**
 * What a source is, found out as the deployer will from the same files. `where` is its config.json, as messages name it.
 * Throws a usage error where it cannot be served.
 */
export async function detectedIn(tree: SourceTree, config: ServiceConfig, where: string): Promise<Detected> {
  const { detect, findingsText } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  const plan = await refused(where, () => detect(tree, config));
  const isOfNode = plan.kind === 'steps' && 'runtime' in plan.base && plan.base.runtime === 'node';
  return {
    detected: findingsText(plan.found),
    readsEnvFiles: isOfNode && plan.build.length > 0,
  };
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
