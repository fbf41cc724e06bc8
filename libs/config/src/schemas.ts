import { z } from 'zod';
import { Secret } from './secret.js';

/**
 * A value that is never shown: not in logs, not in errors. `check` throws when the value cannot be used; its error's
 * message says what is expected, without the value.
 */
export const secret = (check: (value: string) => unknown = () => undefined) =>
  z
    .string()
    .min(1)
    .transform((value, context) => {
      try {
        check(value);
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : String(error));
      }
      return new Secret(value);
    })
    .meta({ secret: true, kind: 'text, kept secret' });

/*
 * `kind` says in docs/reference/environment.md what a variable holds. Each schema of an app describes its variables
 * there by `.describe()`, always last in the chain.
 */

/**
 * A setting that several apps read under one name, and each under a name of its own, which goes first: apps that share
 * an environment can so have different values.
 */
export const orOwn = <S extends z.ZodType>(ownName: string, schema: S): S => schema.meta({ ownName });

/** For `.refine(...anyOf(...))`: one of these variables must be set. The first is named where none is. */
export const anyOf = (
  ...names: readonly [string, ...string[]]
): readonly [
  (config: Readonly<Record<string, unknown>>) => boolean,
  { readonly path: [string]; readonly error: string; readonly when: () => true },
] => [
  (config) => names.some((name) => config[name] !== undefined),
  // Also where other variables are wrong: all problems are listed at once.
  { path: [names[0]], error: 'expected a value', when: () => true },
];

/** A TCP port; 0 lets the system choose a free one. */
export const port = () => z.coerce.number().int().min(0).max(65_535).meta({ kind: 'port' });

/** Whole milliseconds. */
export const durationMs = () =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(7 * 86_400_000)
    .meta({ kind: 'milliseconds' });

/** Whole bytes. */
export const byteCount = () =>
  z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).meta({ kind: 'bytes' });

/** `a,b,c` -> ['a', 'b', 'c']; blanks around and between are dropped. */
export const commaList = () =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .meta({ kind: 'list with commas' });

/** `a=1,b=2` -> {a: '1', b: '2'}; the value may hold further `=`. */
export const keyValueList = () =>
  z
    .string()
    .transform((text, context) => {
      const pairs = text.split(',').filter((part) => part.trim() !== '');
      const entries = pairs.map(
        (pair) =>
          [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()] as const,
      );
      if (pairs.some((pair) => pair.indexOf('=') < 1)) context.addIssue('expected NAME=VALUE[,NAME=VALUE]');
      return Object.fromEntries(entries) as Record<string, string>;
    })
    .meta({ kind: 'NAME=VALUE with commas' });
