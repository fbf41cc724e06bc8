import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, type FlattenedVerifyGetKey, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { type Given, isReadable, keyValueList, neededBy, onlyWith, type Rule } from '#libs/config';

const isUrl = (place: string): boolean => /^https?:\/\//.test(place);

const publicKey = z.looseObject({
  kty: z.enum(['OKP', 'EC', 'RSA']),
  kid: z.string().min(1),
  d: z.never('a private key').optional(),
});
const jwksSchema = z.looseObject({ keys: z.array(publicKey).min(1) });

function readKeys(path: string): JSONWebKeySet {
  const keys = jwksSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) as JSONWebKeySet;
  createLocalJWKSet(keys);
  return keys;
}

const EXPECTED = 'expected the URL of a JWKS, or a file with one: public keys only, each with a kid';

/** What is wrong with the place of the keys; undefined where they can be had, or may be had later. */
function problemOf(place: string): string | undefined {
  if (isUrl(place)) return URL.canParse(place) ? undefined : EXPECTED;
  if (!isReadable(place)) return `${EXPECTED}; no file can be read there`;
  try {
    readKeys(place);
    return undefined;
  } catch {
    return EXPECTED;
  }
}

/** Who may sign requests, and whether all must. */
export const requestKeyVariables = {
  REQUEST_KEYS: z
    .string()
    .superRefine((place, { addIssue }) => {
      const message = problemOf(place);
      if (message !== undefined) addIssue({ code: 'custom', message });
    })
    .optional()
    .describe('The public keys of those who sign requests: a JWKS, as file or URL.'),
  REQUEST_PRINCIPALS: keyValueList()
    .optional()
    .describe('Who signs with which key, `KID=NAME,KID=NAME`; a key that is not named is its own name.'),
  REQUEST_SIGNATURES: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('`required` refuses requests on Kafka that are not signed.'),
};

type RequestKeySettings = z.output<z.ZodObject<typeof requestKeyVariables>>;

/** What these variables need of each other. */
export const requestKeyRules: readonly Rule[] = [
  neededBy('REQUEST_KEYS', ({ REQUEST_SIGNATURES }) => REQUEST_SIGNATURES === 'required'),
  // A name that is given to a key which is not there would be given to nobody, without a word.
  onlyWith('REQUEST_PRINCIPALS', areOfKeys, 'expected ids (kid) of keys in REQUEST_KEYS'),
];

/** Of keys that cannot be read, or are read later, nothing is said. */
function areOfKeys({ REQUEST_KEYS: place, REQUEST_PRINCIPALS: names }: Given): boolean {
  const named = Object.keys(Object(names) as object);
  if (typeof place !== 'string') return named.length === 0;
  if (isUrl(place) || problemOf(place) !== undefined) return true;
  const ids = new Set(readKeys(place).keys.map(({ kid }) => kid));
  return named.every((id) => ids.has(id));
}

/** The keys that are known, and whose each is. */
export interface RequestKeys {
  readonly find: FlattenedVerifyGetKey;
  principalOf(keyId: string): string;
}

/** Undefined where none are configured. Those behind a URL are fetched when they are needed, and kept. */
export function requestKeysOf({
  REQUEST_KEYS: place,
  REQUEST_PRINCIPALS: names = {},
}: RequestKeySettings): RequestKeys | undefined {
  if (place === undefined) return undefined;
  const find = isUrl(place) ? createRemoteJWKSet(new URL(place)) : createLocalJWKSet(readKeys(place));
  return {
    // A key is found by its id alone, never because it is the only one of its kind.
    find: (header, token) => find({ ...header, kid: header?.kid ?? '' }, token),
    principalOf: (keyId) => names[keyId] ?? keyId,
  };
}
