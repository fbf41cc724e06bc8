import { packagePath, type MigrationSet } from '#libs/postgres';

export const deployerTables: MigrationSet = {
  name: 'deployer',
  directory: packagePath('apps/deployer/migrations'),
};
