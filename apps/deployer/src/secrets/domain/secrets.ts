import type { ServiceConfig, TaskError } from '#libs/contracts';

/** By environment variable, the name of the secret that is its value. */
type SecretReferences = NonNullable<ServiceConfig['secrets']>;

interface OfService {
  readonly appId: string;
  readonly service: string;
}

/** What a service needs and its application does not have. Undefined when all is there. Pure. */
export function secretsProblem(
  { appId, service }: OfService,
  references: SecretReferences,
  known: Iterable<string>,
): TaskError | undefined {
  const names = new Set(known);
  const missing = Object.entries(references).filter(([, name]) => !names.has(name));
  if (missing.length === 0) return undefined;
  const said = missing.map(([variable, name]) => `${name} (as ${variable})`).join(', ');
  const commands = [...new Set(missing.map(([, name]) => `slipway secret set ${appId} ${name}`))];
  return {
    code: 'SECRET_NOT_FOUND',
    message: `${appId}/${service} names secrets that the application does not have: ${said}.`,
    hint: `Store them, then send the request again with a new token: ${commands.join('; ')}`,
  };
}
