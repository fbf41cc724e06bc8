import { CliError, failure } from '../errors.js';

interface Named {
  readonly appId: string;
  /** The application as a whole when left out. */
  readonly service?: string;
}

/** Nobody knows this application, or this service of it. */
export const notDeployed = ({ appId, service }: Named): Error =>
  failure(
    'SERVICE_UNKNOWN',
    `Nothing of ${service === undefined ? appId : `${appId}/${service}`} was deployed`,
    {
      hint: 'Deploy it first, or check the name.',
      next: 'slipway status',
    },
  );

/** What an app answers of one service; each says in its own words that it knows no such service, and people read the same. */
export async function ofKnown<T>(named: Named, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliError && error.code === 'SERVICE_UNKNOWN') throw notDeployed(named);
    throw error;
  }
}
