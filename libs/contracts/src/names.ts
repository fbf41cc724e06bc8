import { z } from 'zod';

/** So many instances a service can have. */
export const MOST_INSTANCES = 50;

/**
 * Names end up in blob paths, image repositories, labels and container names, so they are narrowed once, here.
 * The pattern is what all of those accept: lower case, digits and inner hyphens.
 */
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** The same as people may write it: the first deployer took names with `_`. */
const WRITTEN_NAME = /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/;

const nameLike = (what: string, pattern: RegExp) =>
  z.string().regex(pattern, `${what} must be 1-63 of a-z, 0-9 and inner hyphens, such as "shop-front"`);

export const name = (what: string) => nameLike(what, NAME);

export const appIdSchema = name('appId');
export const serviceNameSchema = name('service name');
/** As people write them in requests and commands. Whatever is done with them is done with their `slipwayName`. */
export const writtenAppIdSchema = nameLike('appId', WRITTEN_NAME);
export const writtenServiceNameSchema = nameLike('service name', WRITTEN_NAME);

/** The name that an application or a service has here, however it is written: each `_` is a hyphen. */
export const slipwayName = (written: string): string => written.replaceAll('_', '-');

/** Either spelling, read as the name here. Where the written one is of no more use, as in a path of HTTP. */
export const spelledAppIdSchema = writtenAppIdSchema.transform(slipwayName);
export const spelledServiceNameSchema = writtenServiceNameSchema.transform(slipwayName);

/** Says that a name is another one here: `service user_service is named user-service here`. */
export const namedHere = (what: 'application' | 'service', written: string): string =>
  `${what} ${written} is named ${slipwayName(written)} here`;

export const nodeNameSchema = name('node name');
/** A secret of an application: what config.json names, and `slipway secret set` stores. */
export const secretNameSchema = name('secret name');
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const isVariableName = (name: string): boolean => VARIABLE.test(name);

/** An environment variable. */
export const variableNameSchema = z
  .string()
  .max(255)
  .regex(VARIABLE, 'expected a variable name: letters, digits and _, not beginning with a digit');
/** The caller's idempotency key: printable, no spaces, at most 128 characters. */
export const tokenSchema = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, 'token must be 1-128 of letters, digits and . _ : -');

/** A topic, as Kafka takes it. */
export const topicNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1-249 of letters, digits and . _ -');

/** Our key of one node request: `<token>:<service>:<ordinal>`, `.1` behind it where a first place failed. Longer than a token. */
export const accessTokenSchema = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,256}$/, 'access token must be 1-256 of letters, digits and . _ : -');

/** RFC 3339 with zone, as `Date.toISOString()` writes it. */
export const timestampSchema = z.iso.datetime();

/** Text as a database takes it. */
export const storableText = () =>
  z
    .string()
    .refine(
      (text) => !text.includes('\0') && text.isWellFormed(),
      'expected text without NUL characters and without lone surrogates',
    );

/** Text for people: no control characters, which neither a terminal nor a database should be given. */
export const printable = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control characters and no lone surrogates');
