import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as contracts from '#libs/contracts';

const { asyncApiDocument, topics } = contracts;
const root = join(import.meta.dirname, '../..');

/** Starts the other apps; speaks to nobody itself. */
const SILENT = ['standalone'];
const apps = readdirSync(join(root, 'apps')).filter((app) => !SILENT.includes(app));

/** Each message of the catalogue, by the name that it is imported as: its topic. */
const definitions = new Map(
  Object.entries(contracts).flatMap(([name, value]) => {
    const found = contracts.catalogue.find((definition) => definition === value);
    return found === undefined ? [] : [[name, found.topic] as const];
  }),
);

function sourceOf(app: string): string {
  const folder = join(root, 'apps', app, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((path) => path.endsWith('.ts') && !/\.(spec|testing)\.ts$/.test(path))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n');
}

/** How the code says that it reads or writes a message or a topic. */
const RECEIVES = [
  /@Handles\((\w+)\)/g,
  /\banswered: (\w+)/g,
  /\b(\w+)\.schema\.safeParse\(/g,
  /\btopics: \[topics\.(\w+)/g,
  /\bfollowed = \[topics\.(\w+)/g,
  /\bgroupOf\('[\w-]+', topics\.(\w+)\)/g,
];
const SENDS = [
  /\boutgoing\((\w+),/g,
  /\bdefinition: (\w+)/g,
  /\breplyTopic = (?:[\w.]+ \?\? )?topics\.(\w+)/g,
];
/** All that an app names of either, however it uses it. */
const NAMED = [/\btopics\.(\w+)/g, /\b(\w+)\b(?=[^;{}]*\} from '#libs\/contracts')/g];

function topicsBy(patterns: readonly RegExp[], source: string): readonly string[] {
  const names = patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => name ?? ''));
  const byKey: Readonly<Record<string, string>> = topics;
  const found = names.flatMap((name) => definitions.get(name) ?? byKey[name] ?? []);
  return [...new Set(found)].sort();
}

function documented(app: string, action?: 'receive' | 'send'): readonly string[] {
  const operations = Object.entries(asyncApiDocument().operations);
  const own = operations.filter(
    ([id, operation]) => id.startsWith(`${app}.`) && [undefined, operation.action].includes(action),
  );
  return [...new Set(own.map(([, { channel }]) => channel.$ref.replace('#/channels/', '')))].sort();
}

describe.each(apps)('the AsyncAPI document says of %s', (app) => {
  const source = sourceOf(app);

  it('every topic that it receives, and no other', () => {
    expect(documented(app, 'receive')).toEqual(topicsBy(RECEIVES, source));
  });

  it('every topic that it sends to, and no other', () => {
    expect(documented(app, 'send')).toEqual(topicsBy(SENDS, source));
  });

  it('every topic that its code names in any other way', () => {
    expect(topicsBy(NAMED, source).filter((topic) => !documented(app).includes(topic))).toEqual([]);
  });
});
