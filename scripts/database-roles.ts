import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { provisionAppRoles, type ProvisionedRole } from '#libs/app-roles';
import { quoted } from './one-machine/env-file.js';
import { runScript, untilInterrupted } from './run-script.js';

const usage = `Usage: DATABASE_URL=postgres://ADMINISTRATOR:PASSWORD@HOST/DATABASE npm run database-roles -- FILE
Gives each app a database role of its own, and writes the URLs of new roles to FILE, which must not exist.`;

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
  const beforeChange = (roles: readonly NewUrl[]): void =>
    writeFileSync(file, linesOf(roles).join(''), { mode: 0o600, flag: 'wx' });
  const roles = await provisionAppRoles({ adminUrl, given: process.env, beforeChange });
  for (const { app, role, url } of roles)
    console.log(`${app}: ${role} owns its schema${url === undefined ? '; its password stays' : ''}`);
  console.log(`${file}: the URLs of ${linesOf(roles).length} roles`);
  const revocations = roles.flatMap(({ role, members }) =>
    members.map((member) => `REVOKE ${identifier(role)} FROM ${identifier(member)};`),
  );
  if (revocations.length === 0) return;
  console.log(`\nApps under their old role go on. When none is left, run:\n${revocations.join('\n')}`);
}

/** A name that SQL takes as it is stays readable. */
const identifier = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : pg.escapeIdentifier(name);

const linesOf = (roles: readonly NewUrl[]): readonly string[] =>
  roles.flatMap(({ variable, url }) => (url === undefined ? [] : [`export ${variable}=${quoted(url)}\n`]));

await runScript({ options: optionsOf(process.argv.slice(2)), usage, signal: untilInterrupted(), main });
