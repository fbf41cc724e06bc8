import { expect, it } from 'vitest';
import { treeOf } from '../index.js';
import { foundMigrations, foundSqlite } from './found-database.js';

it.each<readonly [string, Readonly<Record<string, string>>]>([
  ['flask db upgrade', { 'migrations/env.py': '', 'requirements.txt': 'Flask-Migrate==4\n' }],
  ['flask db upgrade', { 'migrations/env.py': '', 'setup.cfg': 'install_requires = flask-migrate\n' }],
  ['alembic upgrade head', { 'alembic.ini': '' }],
  ['python manage.py migrate --noinput', { 'manage.py': '', 'book/migrations/0001_initial.py': '' }],
  ['npx prisma migrate deploy', { 'prisma/migrations/migration_lock.toml': '' }],
  ['./migrate', { Procfile: 'release: ./migrate\nweb: a\n', 'alembic.ini': '' }],
])('%s is what brings the database up to date', (command, files) => {
  expect(foundMigrations(treeOf(files))?.value).toBe(command);
});

it('a folder of migrations alone shows no tool', () => {
  expect(foundMigrations(treeOf({ 'migrations/env.py': '', 'requirements.txt': 'flask\n' }))).toBeUndefined();
});

it.each([
  ['config.py', "URI = 'sqlite:///' + path\n"],
  ['site/settings.py', "'ENGINE': 'django.db.backends.sqlite3',\n"],
  ['db.js', "const Database = require('better-sqlite3');\n"],
])('%s shows SQLite', (path, text) => {
  expect(foundSqlite(treeOf({ [path]: text, 'other.py': '' }))).toBe(path);
});

it('a test that uses SQLite shows nothing of the service', () => {
  expect(foundSqlite(treeOf({ 'tests/conftest.py': "'sqlite:///:memory:'" }))).toBeUndefined();
});
