import { z } from 'zod';
import { JsonError, parseJson } from '#libs/contracts';
import type { UserPassword } from './registry.js';

/** As `docker login` writes it, and a Kubernetes secret of the type `dockerconfigjson` holds it. */
const fileSchema = z.looseObject({
  auths: z.record(
    z.string(),
    z.looseObject({
      auth: z.string().optional(),
      username: z.string().optional(),
      password: z.string().optional(),
    }),
  ),
});

type Entry = z.output<typeof fileSchema>['auths'][string];

/** Names under which Docker Hub stands in such files; its images name no host. */
const DOCKER_HUB: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * The logins of a docker config.json by the host of their registry, as it stands in names of images. Pure.
 * @throws Error that says what is expected, and holds no login
 */
export function dockerLogins(text: string): ReadonlyMap<string, UserPassword> {
  const file = fileSchema.safeParse(json(text));
  if (!file.success) throw new Error('expected an object "auths" with a login for each host');
  return new Map(Object.entries(file.data.auths).map(([key, entry]) => [hostOf(key), loginOf(key, entry)]));
}

function json(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError)
      throw new Error('expected JSON, as `docker login` writes it', { cause: error });
    throw error;
  }
}

/** `https://index.docker.io/v1/` is how Docker writes its own; others stand as they are in images. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
  if (!/^[\w.-]+(?::\d{1,5})?$/.test(host))
    throw new Error('expected a host as each key of "auths", without a path');
  return DOCKER_HUB.has(host) ? 'docker.io' : host;
}

function loginOf(key: string, { auth, username, password }: Entry): UserPassword {
  if (username !== undefined && password !== undefined) return { username, password };
  const decoded = Buffer.from(auth ?? '', 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon > 0) return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  throw new Error(
    `expected "auth", or "username" and "password", for ${hostOf(key)}; logins in a credential helper (credsStore) cannot be read`,
  );
}
