import { closedPort } from '#libs/testing';
import { type PlaneAlone, startPlaneAlone } from '../../scripts/gateway/plane-alone.js';
import { RawInstance } from './raw-instance.js';

/** HAProxy as the gateway configures it by itself; what it is to carry comes from the test. */
export const startGatewayAlone = async (env: Readonly<Record<string, string>> = {}): Promise<PlaneAlone> =>
  startPlaneAlone({
    port: await closedPort(),
    env: { GATEWAY_POOL_BACKENDS: 'least=4,weighted=1,sticky=1', ...env },
  });

/** Instances that keep what they got: of `web.localhost`, of `/api` there, and of `other.localhost`. */
export interface ThreeServices {
  readonly port: number;
  readonly instances: Readonly<Record<'web' | 'api' | 'other', RawInstance>>;
  /** Ends all; throws where HAProxy had trouble. */
  stop(): Promise<void>;
}

export const API = '/api';

export async function startThreeServices(env?: Readonly<Record<string, string>>): Promise<ThreeServices> {
  const gateway = await startGatewayAlone(env);
  const names = ['web', 'api', 'other'] as const;
  const [web, api, other] = (await Promise.all(names.map((name) => RawInstance.start(name)))) as [
    RawInstance,
    RawInstance,
    RawInstance,
  ];
  await gateway.plane.apply({
    services: [web, api, other].map((one) => ({
      id: one.name,
      profile: 'least',
      servers: [one.wanted()],
    })),
    routes: [
      { host: 'web.localhost', path: '/', service: 'web' },
      { host: 'web.localhost', path: API, service: 'api' },
      { host: 'other.localhost', path: '/', service: 'other' },
    ],
  });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await Promise.all([web, api, other].map((one) => one.stop()));
    if (gateway.troubles.length > 0) throw new Error(gateway.troubles.join('\n'));
  };
  return { port: gateway.port, instances: { web, api, other }, stop };
}
