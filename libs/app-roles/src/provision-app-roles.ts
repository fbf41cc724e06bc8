import { randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  type AppRole,
  connectionTo,
  type DatabaseAddress,
  DatabaseRoleError,
  grantPublished,
  provisionRoles,
  roleExists,
} from '#libs/postgres';
import { type AppName, appNames, appSchemas, databaseVariable } from './app-schemas.js';
import { appTables } from './app-tables.js';

export interface ProvisionOptions {
  /** Of a superuser, or of the owner of the database with CREATEROLE. */
  readonly adminUrl: string;
  /** Where its sessions are kept, and what TLS to it needs; `adminUrl` alone when left out. */
  readonly session?: DatabaseAddress;
  /** URLs of apps whose roles and passwords are given, by their variables. */
  readonly given?: Readonly<Record<string, string | undefined>>;
  /** Before the names of roles that are not given. */
  readonly prefix?: string;
  /** Called before anything is changed: a new password that was not stored anywhere is lost when a later step fails. */
  readonly beforeChange?: (roles: readonly Omit<ProvisionedRole, 'members'>[]) => void;
}

export interface ProvisionedRole {
  readonly app: AppName;
  readonly role: string;
  readonly variable: string;
  /** Left out where the role kept a password that is not known here. */
  readonly url?: string;
  /** Roles with the same rights, for apps that run under them still: the owners before, and the administrator. */
  readonly members: readonly string[];
}

/**
 * Gives each app a role that owns the app's schema and may read what others publish for it. An installation that had
 * one role for all is moved over: tables, sequences, views and functions change their owner. The owner before becomes a
 * member of the new one, so that apps under it go on.
 */
export async function provisionAppRoles(options: ProvisionOptions): Promise<readonly ProvisionedRole[]> {
  const address = options.session ?? { url: options.adminUrl };
  const session = new pg.Client({ ...connectionTo(address), application_name: 'slipway-roles' });
  await session.connect();
  try {
    const planned: PlannedRole[] = [];
    for (const app of appNames) planned.push(await planRole(session, app, options));
    const roles = planned.map((role) => provisioned(role, options));
    options.beforeChange?.(roles);
    const members = await provisionRoles(session, planned);
    for (const { schema, publishes: readers } of Object.values(appTables))
      if (readers !== undefined) await grantPublished(session, { schema, readers });
    return roles.map((role) => ({ ...role, members: members.get(role.role) ?? [] }));
  } finally {
    await session.end();
  }
}

function provisioned(
  { app, role, password }: PlannedRole,
  options: ProvisionOptions,
): Omit<ProvisionedRole, 'members'> {
  const variable = databaseVariable(app);
  const url = password === undefined ? {} : { url: urlOf(options, variable, role, password) };
  return { app, role, variable, ...url };
}

type PlannedRole = AppRole & { readonly app: AppName };

async function planRole(session: pg.Client, app: AppName, options: ProvisionOptions): Promise<PlannedRole> {
  const { given = {}, prefix = 'slipway_' } = options;
  const variable = databaseVariable(app);
  const schema = appSchemas[app];
  const url = given[variable];
  if (url !== undefined && url !== '') return { app, schema, ...loginOf(url, variable) };
  const role = `${prefix}${app.replaceAll('-', '_')}`;
  if (await roleExists(session, role)) return { app, schema, role };
  return { app, schema, role, password: randomBytes(24).toString('base64url') };
}

function loginOf(text: string, variable: string): { readonly role: string; readonly password: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [role, password] = [url?.username ?? '', url?.password ?? ''].map(decodeURIComponent);
  if (!role || !password) throw new DatabaseRoleError(variable, 'names no role with a password');
  return { role, password };
}

/** A URL that was given stays as it is. */
function urlOf(
  { adminUrl, given = {} }: ProvisionOptions,
  variable: string,
  role: string,
  password: string,
): string {
  const known = given[variable];
  if (known !== undefined && known !== '') return known;
  const url = new URL(adminUrl);
  url.username = role;
  url.password = password;
  return url.href;
}
