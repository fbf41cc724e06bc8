/** What a `WWW-Authenticate` header asks for (RFC 9110, 11.6.1). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

/** `name="quoted, with commas"` or `name=token`. */
const PARAMETER = /([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** Reads a challenge; undefined where it is of a scheme that registries do not use. Pure. */
export function parseChallenge(header: string): Challenge | undefined {
  const [scheme = ''] = header.trim().split(/\s/, 1);
  if (/^basic$/i.test(scheme)) return { scheme: 'basic' };
  if (!/^bearer$/i.test(scheme)) return undefined;
  const pairs = [...header.matchAll(PARAMETER)].map(([, name = '', quoted, token]) => [
    name.toLowerCase(),
    quoted?.replace(/\\(.)/g, '$1') ?? token ?? '',
  ]);
  const { realm, service, scope } = Object.fromEntries(pairs) as Record<string, string | undefined>;
  return realm === undefined ? undefined : { scheme: 'bearer', realm, service, scope };
}
