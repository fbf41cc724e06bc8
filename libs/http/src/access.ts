import { createHash, timingSafeEqual } from 'node:crypto';
import { Secret, secret } from '#libs/config';
import { roles, type Role } from '#libs/contracts';
import { z } from 'zod';
import type { Principal } from './principal.js';

export interface NamedToken extends Principal {
  readonly token: Secret;
}

/** Who may call an app, by token. */
export interface Tokens {
  readonly admin: Secret;
  readonly read?: Secret;
  readonly named?: readonly NamedToken[];
}

/** Injection token of the guard's Tokens. */
export const TOKENS = Symbol('Tokens');

const ADMIN = 'api-token';
const READ = 'read-token';
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SHORTEST = 16;

/** The variables of every app with an HTTP API. */
export const accessVariables = {
  SLIPWAY_API_TOKEN: secret().describe('The API token that may change and read.'),
  SLIPWAY_READ_TOKEN: secret().optional().describe('The API token that may read only.'),
  SLIPWAY_API_TOKENS: z
    .string()
    .transform(parseNamedTokens)
    .meta({ secret: true })
    .optional()
    .describe(
      'Further API tokens, each of a principal: `NAME:ROLE:TOKEN` with commas; the role is `read` or `admin`.',
    ),
};

export const tokensOf = (config: {
  readonly SLIPWAY_API_TOKEN: Secret;
  readonly SLIPWAY_READ_TOKEN?: Secret;
  readonly SLIPWAY_API_TOKENS?: readonly NamedToken[];
}): Tokens => ({
  admin: config.SLIPWAY_API_TOKEN,
  read: config.SLIPWAY_READ_TOKEN,
  named: config.SLIPWAY_API_TOKENS,
});

/** Problems say which entry is wrong by its place: the text of an entry may be a token. */
function parseNamedTokens(text: string, context: z.RefinementCtx<string>): readonly NamedToken[] {
  const names = new Set([ADMIN, READ]);
  return text.split(',').flatMap((entry, index) => {
    const [, name = '', role = '', token = ''] = /^([^:]*):([^:]*):(.*)$/.exec(entry.trim()) ?? [];
    const problem = problemOf({ name, role, token }, names);
    if (problem !== undefined)
      context.addIssue(`expected NAME:ROLE:TOKEN with commas; entry ${index + 1} ${problem}`);
    if (problem !== undefined) return [];
    names.add(name);
    return [{ name, role: role as Role, token: new Secret(token) }];
  });
}

function problemOf(
  { name, role, token }: { readonly name: string; readonly role: string; readonly token: string },
  taken: ReadonlySet<string>,
): string | undefined {
  if (!NAME.test(name)) return 'has no name of a-z, 0-9 and inner hyphens';
  if (!(roles as readonly string[]).includes(role)) return `has no role (${roles.join(' or ')})`;
  if (token.length < SHORTEST) return `has a token of fewer than ${SHORTEST} characters`;
  return taken.has(name) ? 'has a name that is taken' : undefined;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The principal of a token. Each known token is compared, in a time that does not tell how much of it is right. */
export function principalOf(given: string, { admin, read, named = [] }: Tokens): Principal | undefined {
  const known: readonly NamedToken[] = [
    { name: ADMIN, role: 'admin', token: admin },
    ...(read === undefined ? [] : [{ name: READ, role: 'read' as const, token: read }]),
    ...named,
  ];
  const asked = digest(given);
  const [found] = known.filter(({ token }) => timingSafeEqual(asked, digest(token.reveal())));
  return found && { name: found.name, role: found.role };
}
