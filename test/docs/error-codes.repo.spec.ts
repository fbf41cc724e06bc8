import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { errorCatalogue } from '#libs/contracts';
import { effectKinds, entryOf } from '../../apps/deployer/src/task/domain/effect-table.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Where codes are made that users are told, in replies and by HTTP. */
const folders = [
  ...readdirSync(join(root, 'apps')).map((app) => `apps/${app}/src`),
  ...[
    'archive',
    'blob',
    'config',
    'contracts',
    'engine',
    'http',
    'kafka',
    'postgres',
    'registry',
    'source-detect',
    'ssh',
  ].map((lib) => `libs/${lib}/src`),
];
const sources = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.(spec|testing|contract)\.ts$/.test(path))
    .map((path) => join(folder, path)),
);
const CODE = '([A-Z][A-Z0-9_]+)';
const given = new RegExp(
  `code(?: =|:) '${CODE}'|(?:Error|notFound|failure|orFail|refused|(?:refuses|warns)\\)?)\\(\\s*(?:\\d+, )?'${CODE}'`,
  'g',
);
/** All that is quoted or a key; codes have an underscore there. */
const listed = /'([A-Z]+(?:_[A-Z]+)+)'|^ +([A-Z]+(?:_[A-Z]+)+):/gm;

/** Nobody is told these: why. */
const KEPT_INSIDE: Readonly<Record<string, string>> = {
  BLOB_NOT_FOUND: 'a reply says SOURCE_NOT_FOUND',
  CONCURRENT_APPEND: 'the stream is read again',
  DATABASE_ROLE: 'of npm run database-roles, which prints it',
  DATABASE_UNAVAILABLE: 'the task is carried on when the database is there again',
  DELETION_DISABLED: 'of retention, which logs it',
  FAILED: 'of limit.answers, which the rescaler reads',
  GONE: 'of limit.answers, which the rescaler reads',
  HAPROXY_REFUSED: 'the gateway reloads HAProxy, and logs it',
  HAPROXY_UNREACHABLE: 'the gateway brings HAProxy back, and logs it',
  NOT_CARRIABLE: 'the registry holds no such address, and routes are checked when they are written',
  MEMORY_IN_USE: 'of limit.answers, which the rescaler reads',
  MESSAGE_INVALID: 'a reply says REQUEST_INVALID',
  JSON_INVALID: 'a reply says CONFIG_INVALID or REQUEST_INVALID',
  LEASE_LOST: 'another replica goes on',
  SCHEMA_NAME_INVALID: 'schema names come from code',
  NOT_TOGETHER: 'the messages of the transaction are handled one by one',
  TRANSACTION_ABORTED: 'the error of the statement is told',
  UNSUPPORTED: 'of limit.answers, which the rescaler reads',
  ENGINE_ABORTED: 'whoever aborted says why',
  SSH_ABORTED: 'whoever aborted says why',
  SSH_POOL_CLOSED: 'the process is ending',
};

const codesIn = (path: string): readonly string[] => {
  const pattern = /(?:\/errors|task-error)\.ts$/.test(path) ? listed : given;
  return [...read(path).matchAll(pattern)].map(([, one, other]) => String(one ?? other));
};

const effects = effectKinds.map(entryOf);
const codes = new Set([...sources.flatMap(codesIn), ...effects.flatMap((effect) => effect.codes)]);
/** Made of the name of a phase: apps/deployer, `inPhase`. */
const OF_PHASES = effects.flatMap(({ phase, isLimited }) =>
  phase !== undefined && isLimited === true ? `${phase.toUpperCase()}_TIMEOUT` : [],
);

it('the catalogue has every code there is, ENGINE_UNREACHABLE too', () => {
  for (const code of ['ENGINE_UNREACHABLE', 'NO_NODE', 'CONFIG_INVALID', 'ARCHIVE_LINK', 'REPLY_TIMEOUT'])
    expect(codes).toContain(code);
  const missing = [...codes, ...OF_PHASES].filter(
    (code) => errorCatalogue[code] === undefined && KEPT_INSIDE[code] === undefined,
  );
  expect(missing.sort()).toEqual([]);
});

it('the table of statuses lacked 409, 422 and 502: it has each that a code is answered with', () => {
  const page = read('docs/reference/http-conventions.md');
  const overHttp = Object.values(errorCatalogue).flatMap(({ statuses = [] }) => statuses);
  for (const status of new Set([...overHttp, 422]))
    expect(page, String(status)).toMatch(new RegExp(`^\\| ${status} `, 'm'));
});

it('the catalogue has no code that is never given', () => {
  const known = new Set([...codes, ...OF_PHASES]);
  expect(Object.keys(errorCatalogue).filter((code) => !known.has(code))).toEqual([]);
});
