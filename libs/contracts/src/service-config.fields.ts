/** Runtimes that use a field: these alone, or all but these. */
type Users = { readonly only: readonly string[] } | { readonly allBut: readonly string[] };

/** Fields of config.json that some runtimes do not use. A field that is not named here is used by all. */
export const fieldUsers: Readonly<Record<string, Users>> = {
  version: { allBut: ['dockerfile', 'image'] },
  command: { allBut: ['static'] },
  release: { allBut: ['static'] },
  install: { allBut: ['dockerfile', 'image'] },
  build: { allBut: ['dockerfile', 'image'] },
  secrets: { allBut: ['static'] },
  buildSecrets: { allBut: ['image'] },
  output: { only: ['static'] },
  fallback: { only: ['static'] },
  headers: { only: ['static'] },
  redirects: { only: ['static'] },
  dockerfile: { only: ['dockerfile'] },
  target: { only: ['dockerfile'] },
  args: { only: ['dockerfile'] },
  image: { only: ['image'] },
  workdir: { allBut: ['static'] },
  volumes: { allBut: ['static'] },
};

/** A field that is written and that the runtime would ignore. */
export interface UnusedField {
  readonly field: string;
  /** Says which runtimes use it, without a full stop. Holds no value of the file but the runtime. */
  readonly expected: string;
}

/** The fields of a config.json that its runtime does not use. */
export function unusedFields(config: object, runtime: string): readonly UnusedField[] {
  return Object.entries(config).flatMap(([field, value]) => {
    const users = Object.hasOwn(fieldUsers, field) ? fieldUsers[field] : undefined;
    if (value === undefined || users === undefined || isUser(users, runtime)) return [];
    return [{ field, expected: `expected no such field: "${runtime}" does not use it, ${usersText(users)}` }];
  });
}

const isUser = (users: Users, runtime: string): boolean =>
  'only' in users ? users.only.includes(runtime) : !users.allBut.includes(runtime);

/** `a`, `a and b`, `a, b and c`. */
const listText = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

function usersText(users: Users): string {
  if ('only' in users) return `only ${listText(users.only)} ${users.only.length === 1 ? 'does' : 'do'}`;
  return `every runtime but ${listText(users.allBut)} does`;
}

/** For the description of a field: `Not for static or dockerfile.`; nothing where every runtime uses it. */
export function usersNote(field: string): string | undefined {
  const users = Object.hasOwn(fieldUsers, field) ? fieldUsers[field] : undefined;
  if (users === undefined) return undefined;
  const named = (runtimes: readonly string[]) => runtimes.map((runtime) => `\`${runtime}\``).join(' or ');
  return 'only' in users ? `Only for ${named(users.only)}.` : `Not for ${named(users.allBut)}.`;
}
