import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { z } from 'zod';
import { provisionAppRoles, type ProvisionedRole } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { databaseAddresses, databaseVariables, routesOf, withDatabaseRules } from '#libs/runtime';
import { quoted } from './one-machine/env-file.js';
import { runScript, untilInterrupted } from './run-script.js';

const usage = `Usage: DATABASE_URL=postgres://ADMINISTRATOR:PASSWORD@HOST/DATABASE npm run database-roles -- FILE
Gives each app a database role of its own, and writes the URLs of new roles to FILE, which is never overwritten.`;

interface RolesOptions {
  readonly file: string;
  readonly adminUrl: string;
}

function optionsOf([file, ...others]: readonly string[]): RolesOptions | undefined {
  const adminUrl = process.env['DATABASE_URL'] ?? '';
  return file === undefined || others.length > 0 || adminUrl === '' ? undefined : { file, adminUrl };
}

type NewUrl = Pick<ProvisionedRole, 'variable' | 'url'>;

/** `npm run database-roles`: docs/how-to/separate-roles-and-keys.md. */
async function main({ file, adminUrl }: RolesOptions): Promise<void> {
  const beforeChange = (roles: readonly NewUrl[]): void => store(file, linesOf(roles).join(''));
  const addresses = databaseAddresses(loadConfig(withDatabaseRules(z.object(databaseVariables()))));
  await routesOf(addresses);
  const session = addresses.direct ?? addresses.shared;
  const roles = await provisionAppRoles({ adminUrl, session, given: process.env, beforeChange });
  for (const { app, role, url } of roles)
    console.log(`${app}: ${role} owns its schema${url === undefined ? '; its password stays' : ''}`);
  const written = linesOf(roles).length;
  console.log(
    written === 0 ? `No URL is new, so ${file} is left alone` : `${file}: the URLs of ${written} roles`,
  );
  const revocations = roles.flatMap(({ role, members }) =>
    members.map((member) => `REVOKE ${identifier(role)} FROM ${identifier(member)};`),
  );
  if (revocations.length === 0) return;
  console.log(`\nApps under their old role go on. When none is left, run:\n${revocations.join('\n')}`);
}

/** A file that is there may hold the only copy of a password. It stays, and is taken where it holds the same. */
function store(file: string, urls: string): void {
  if (urls === '') return;
  try {
    writeFileSync(file, urls, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    if (readFileSync(file, 'utf8') === urls) return;
    throw new Error(
      `${file} exists already and is not overwritten: it may hold the only copy of passwords. Nothing was changed.\n` +
        'Name another file: npm run database-roles -- OTHER_FILE',
      { cause },
    );
  }
}

/** A name that SQL takes as it is stays readable. */
const identifier = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : pg.escapeIdentifier(name);

const linesOf = (roles: readonly NewUrl[]): readonly string[] =>
  roles.flatMap(({ variable, url }) => (url === undefined ? [] : [`export ${variable}=${quoted(url)}\n`]));

await runScript({ options: optionsOf(process.argv.slice(2)), usage, signal: untilInterrupted(), main });
