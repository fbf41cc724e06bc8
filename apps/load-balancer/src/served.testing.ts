import { afterAll, beforeAll } from 'vitest';
import { type AppProcess, requireEnv, spawnApp, uniqueName, untilReady } from '#libs/testing';
import { keys, placementOfFile, secretKey } from './placement/placement.testing.js';

const ADMIN_TOKEN = 'the-token-that-changes';
const READ_TOKEN = 'the-token-that-reads';

/**
 * For tests: a placement of the file as `placementOfFile`, and the HTTP of a load balancer on the same database, with
 * topics of its own.
 */
export function servedPlacement(env: NodeJS.ProcessEnv = {}) {
  const kafkaPrefix = `${uniqueName('placements')}.`;
  const placement = placementOfFile();
  let app: AppProcess;
  beforeAll(async () => {
    app = spawnApp('load-balancer', {
      ...{ KAFKA_BROKERS: requireEnv('KAFKA_BROKERS'), KAFKA_PREFIX: kafkaPrefix },
      ...placement.appUrls(),
      SLIPWAY_NODE_KEY: secretKey,
      SLIPWAY_DEPLOYER_PUBLIC_KEY: keys.publicKey,
      SLIPWAY_API_TOKEN: ADMIN_TOKEN,
      SLIPWAY_READ_TOKEN: READ_TOKEN,
      ...env,
    });
    await untilReady(app);
  });
  afterAll(() => app.stop());
  const call = (
    path: string,
    { body, headers }: { readonly body?: unknown; readonly headers?: object } = {},
  ) =>
    fetch(`${app.httpUrls()['load-balancer']}/v1/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${body === undefined ? READ_TOKEN : ADMIN_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    ...placement,
    kafkaPrefix,
    /** With a body it is a POST, with the token that may change. */
    call,
    /** Its answer, whatever the status. */
    answered: async <T>(path: string, body?: unknown): Promise<T> =>
      (await call(path, { body })).json() as Promise<T>,
  };
}
