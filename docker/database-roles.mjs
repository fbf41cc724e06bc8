// Gives each app the database role that its own variable names: for the Postgres of a compose file. DATABASE_URL is the
// administrator's. It may run again at any time.
import { provisionAppRoles } from '../dist/libs/app-roles/src/index.js';

const roles = await provisionAppRoles({ adminUrl: process.env.DATABASE_URL ?? '', given: process.env });
for (const { app, role } of roles) console.log(`${app}: ${role}`);
