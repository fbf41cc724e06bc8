import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.js';

const folder = new URL('../golden/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

/** One file for every version ever published; each parses for ever. */
describe('golden messages', () => {
  it('exist for every message of the catalogue, and for nothing unknown', () => {
    expect(files.map((file) => file.replace(/\.json$/, '')).sort()).toEqual(
      catalogue.map((m) => m.type).sort(),
    );
  });

  it.each(catalogue.map((m) => [m.type, m] as const))(
    '%s parses, and the example of today is the published one, with optional fields that came later at most',
    (type, message) => {
      const golden = read(`${type}.json`);
      expect(message.schema.safeParse(golden).error).toBeUndefined();
      expect(message.example).toMatchObject(golden as object);
    },
  );

  it.each(catalogue.map((m) => [m.type, m] as const))('%s has a key', (_type, message) => {
    expect(message.key(message.schema.parse(message.example))).toMatch(/^[\w.-]+$/);
  });

  it('of one topic may all wait, or none: they would leave in another order than they were written', () => {
    const patience = Map.groupBy(catalogue, ({ topic }) => topic);
    for (const [topic, messages] of patience)
      expect([topic, new Set(messages.map(({ mayWait }) => mayWait)).size]).toEqual([topic, 1]);
  });
});
