import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { packagePath } from '#libs/postgres';
import { appTables } from './app-tables.js';

it('a set that an app has was missing from its tests: each folder of migrations is in the one list of its app', () => {
  const onDisk = readdirSync(packagePath('apps'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/]+\/migrations$/.test(path))
    .map((path) => packagePath(`apps/${path}`));
  const listed = Object.values(appTables).flatMap(({ migrations }) =>
    migrations.map(({ directory }) => directory),
  );
  expect(onDisk.length).toBeGreaterThan(0);
  expect(listed.filter((directory) => directory.startsWith(packagePath('apps'))).toSorted()).toEqual(
    onDisk.toSorted(),
  );
});
