import { type ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { toRegistryError } from './ecr-errors.js';
import { RegistryError } from './errors.js';
import type { Credentials, UserPassword } from './registry.js';

/** A transfer that begins with the login must end with it. ECR's tokens live twelve hours. */
const MARGIN_MS = 30 * 60_000;

/** The login of an AWS identity for one registry, kept until shortly before its token ends. */
export function ecrLogin(
  host: string,
  client: Pick<ECRClient, 'send'>,
  now: () => number = Date.now,
): Credentials {
  let kept: { readonly login: UserPassword; readonly untilMs: number } | undefined;
  return async () => {
    if (kept === undefined || kept.untilMs < now()) kept = await ask(host, client);
    return kept.login;
  };
}

async function ask(
  host: string,
  client: Pick<ECRClient, 'send'>,
): Promise<{ readonly login: UserPassword; readonly untilMs: number }> {
  const answer = await client.send(new GetAuthorizationTokenCommand({})).catch((error: unknown) => {
    throw toRegistryError(host, 'ecr:GetAuthorizationToken', 'a login', error);
  });
  const [data] = answer.authorizationData ?? [];
  const [username, password] = Buffer.from(data?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':');
  if (!username || !password)
    throw new RegistryError('REGISTRY_DENIED', `${host} sent no login to the AWS identity.`);
  return { login: { username, password }, untilMs: (data?.expiresAt?.getTime() ?? 0) - MARGIN_MS };
}
