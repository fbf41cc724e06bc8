/** The registry's views are not there, or not for this role: the node manager did not start on this database yet. */
export class RegistryUnavailableError extends Error {
  readonly code = 'REGISTRY_UNAVAILABLE';
  readonly kind = 'retriable';
  /** Consumers of messages wait and try again. */
  readonly retriable = true;
  readonly hint =
    'Start the node manager on the same database. Where each app has a role: npm run database-roles.';

  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The registry cannot be read (${why}): start the node manager on the same database.`, { cause });
    this.name = 'RegistryUnavailableError';
  }
}

/**
 * SQLSTATE undefined_table; undefined_column: the node manager is of the version before; and insufficient_privilege: views
 * are granted when the node manager starts.
 */
const UNREADABLE: ReadonlySet<string> = new Set(['42P01', '42703', '42501']);

/** Names what is wrong where the registry's views cannot be read. */
export async function namingRegistry<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const { code = '' } = error as { readonly code?: string };
    throw UNREADABLE.has(code) ? new RegistryUnavailableError(error) : error;
  }
}

/** What was read; `otherwise` where nobody can say, as while no node manager has made its views yet. */
export async function orWithoutRegistry<T>(otherwise: T, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof RegistryUnavailableError) return otherwise;
    throw error;
  }
}
