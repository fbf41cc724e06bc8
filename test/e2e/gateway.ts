import { requireEnv, until } from '#libs/testing';
import { type Answer, ask } from '../../apps/gateway/src/data-plane/haproxy.testing.js';

/** One request to the platform's gateway, as for this host. */
export const askGateway = (host: string, path = '/'): Promise<Answer> =>
  ask({ port: Number(new URL(requireEnv('SLIPWAY_TRAFFIC_URL')).port), host, path });

/** What a URL of the platform's gateway answers, once it does: a reply comes before the gateway has heard of a first instance. */
export async function bodyAt(url: string | undefined): Promise<string> {
  const { hostname, pathname } = new URL(String(url));
  let body = '';
  await until(`${url} to answer`, async () => {
    const answer = await askGateway(hostname, pathname);
    body = answer.body;
    return answer.status === 200;
  });
  return body;
}
