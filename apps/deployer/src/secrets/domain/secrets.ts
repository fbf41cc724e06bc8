import type { ServiceConfig, TaskError } from '#libs/contracts';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

/** One secret that a service names. */
export interface SecretNeed {
  /** The variable that has its value; of a Dockerfile, the id that a step mounts. */
  readonly as: string;
  readonly name: string;
  readonly inBuild: boolean;
}

type Naming = Pick<ServiceConfig, 'secrets' | 'buildSecrets'>;

/** What each instance is given. */
export const runNeeds = ({ secrets = {} }: Naming): readonly SecretNeed[] =>
  Object.entries(secrets).map(([as, name]) => ({ as, name, inBuild: false }));

/** What the build alone is given. */
export const buildNeeds = ({ buildSecrets = {} }: Naming): readonly SecretNeed[] =>
  Object.entries(buildSecrets).map(([as, name]) => ({ as, name, inBuild: true }));

/** What a service needs and its application does not have. Undefined when all is there. Pure. */
export function secretsProblem(
  { appId, service }: OfService,
  needs: readonly SecretNeed[],
  known: Iterable<string>,
): TaskError | undefined {
  const names = new Set(known);
  const missing = needs.filter(({ name }) => !names.has(name));
  if (missing.length === 0) return undefined;
  const said = missing.map(
    ({ as, name, inBuild }) => `${name} (as ${as}${inBuild ? ', for the build' : ''})`,
  );
  const commands = [...new Set(missing.map(({ name }) => `slipway secret set ${appId} ${name}`))];
  return {
    code: 'SECRET_NOT_FOUND',
    message: `${appId}/${service} names secrets that the application does not have: ${said.join(', ')}.`,
    hint: `Store them, then send the request again with a new token: ${commands.join('; ')}`,
  };
}
