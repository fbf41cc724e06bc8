import { jsonOf, RegistryError, refused } from './errors.js';
import type { Credentials, UserPassword } from './registry.js';
import { Transport } from './transport.js';

/** The user name that goes with a refresh token of ACR. */
const TOKEN_USER = '00000000-0000-0000-0000-000000000000';
/** A transfer that begins with the login must end with it: ACR's refresh tokens live three hours. */
const MARGIN_MS = 30 * 60_000;

/** An Entra ID access token for the registry. */
export type AccessToken = () => Promise<string>;

/**
 * The login of an Azure identity: its token is exchanged for a refresh token of the registry, which serves as the
 * password wherever the registry takes one, engines included. Kept until shortly before it ends.
 */
export function identityLogin(url: string, ca: string | undefined, accessToken: AccessToken): Credentials {
  const transport = new Transport(url, ca);
  let kept: { readonly login: UserPassword; readonly untilMs: number } | undefined;
  return async () => {
    if (kept === undefined || kept.untilMs < Date.now()) {
      const password = await exchange(transport, await accessToken());
      kept = { login: { username: TOKEN_USER, password }, untilMs: endOf(password) - MARGIN_MS };
    }
    return kept.login;
  };
}

async function exchange(transport: Transport, accessToken: string): Promise<string> {
  const { host, base } = transport;
  const form = { grant_type: 'access_token', service: base.hostname, access_token: accessToken };
  const url = new URL('/oauth2/exchange', base);
  const response = await transport.send(url, { method: 'POST', body: new URLSearchParams(form) });
  if (!response.ok) throw refused(host, 'the exchange of the Azure identity', response.status);
  const { refresh_token } = await jsonOf<{ refresh_token?: string }>(host, response);
  if (refresh_token === undefined)
    throw new RegistryError('REGISTRY_DENIED', `${host} did not send a refresh token.`);
  return refresh_token;
}

/** When a JWT ends, in milliseconds; now, for one that does not say. */
function endOf(token: string): number {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { exp } = JSON.parse(payload) as { exp?: number };
    return (exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}
