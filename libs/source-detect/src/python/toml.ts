import { parse, type TomlTable } from 'smol-toml';
import { SourceRefusal } from '../refusal.js';

/** @throws SourceRefusal which names where the text stands; what a parser says may hold a part of it */
export function parsedToml(where: string, text: string): TomlTable {
  try {
    return parse(text);
  } catch {
    throw new SourceRefusal({
      field: 'install',
      why: `${where} is no valid TOML`,
      hint: `Correct ${where}.`,
    });
  }
}

/** What lies at a path of keys. */
export function valueAt(table: TomlTable, keys: readonly string[]): unknown {
  let value: unknown = table;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function textAt(table: TomlTable, keys: readonly string[]): string | undefined {
  const value = valueAt(table, keys);
  return typeof value === 'string' ? value : undefined;
}

export function textsAt(table: TomlTable, keys: readonly string[]): readonly string[] {
  const value = valueAt(table, keys);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

export function keysAt(table: TomlTable, keys: readonly string[]): readonly string[] {
  const value = valueAt(table, keys);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
