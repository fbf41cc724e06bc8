import { failure } from '../errors.js';

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
