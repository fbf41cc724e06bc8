import { procfileOf } from '../procfile.js';
import { PYTHON_MANIFESTS } from '../python/manifests.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { codeFiles, type Found } from './found.js';

const DEPENDS_ON_MIGRATE = /flask[-_]migrate/i;

/** What brings a database up to date, where files show it. Somebody has to say whether it should run. */
export function foundMigrations(tree: SourceTree): Found<string> | undefined {
  const release = procfileOf(tree).get('release');
  if (release !== undefined) return { value: release, by: 'release of Procfile' };
  const ofFlask = tree.paths.find((path) => /^(?:\w+\/)?migrations\/env\.py$/.test(path));
  const isFlask = PYTHON_MANIFESTS.some((path) => DEPENDS_ON_MIGRATE.test(tree.text(path) ?? ''));
  if (ofFlask !== undefined && isFlask) return { value: 'flask db upgrade', by: ofFlask };
  if (hasFile(tree, 'alembic.ini')) return { value: 'alembic upgrade head', by: 'alembic.ini' };
  const ofDjango = tree.paths.find((path) => /^[\w/]+\/migrations\/\d{4}_\w+\.py$/.test(path));
  if (ofDjango !== undefined && hasFile(tree, 'manage.py'))
    return { value: 'python manage.py migrate --noinput', by: ofDjango };
  if (hasFile(tree, 'prisma/migrations/migration_lock.toml'))
    return { value: 'npx prisma migrate deploy', by: 'prisma/migrations' };
  return undefined;
}

const SQLITE =
  /\bsqlite(?:\+\w+)?:\/\/\/|django\.db\.backends\.sqlite3|\bsqlite3\.(?:connect|Database)\(|['"]better-sqlite3['"]/;

/** The file that shows that data lies in a file beside the code. */
export const foundSqlite = (tree: SourceTree): string | undefined =>
  codeFiles(tree).find((path) => SQLITE.test(tree.text(path) ?? ''));
