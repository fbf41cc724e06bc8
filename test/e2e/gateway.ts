import { requireEnv } from '#libs/testing';
import { type Answer, ask } from '../../apps/gateway/src/data-plane/haproxy.testing.js';

/** One request to the platform's gateway, as for this host. */
export const askGateway = (host: string, path = '/'): Promise<Answer> =>
  ask({ port: Number(new URL(requireEnv('SLIPWAY_TRAFFIC_URL')).port), host, path });
