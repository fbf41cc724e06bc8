import { z } from 'zod';
import {
  certificateFile,
  commaList,
  durationMs,
  isSet,
  neededBy,
  onlyWith,
  port,
  type Rule,
  secret,
} from '#libs/config';
import { parseAtRestKeys } from '#libs/secrets';
import { HOST_PATTERN } from './domain/host-names.js';
import type { CertificateFile } from './ports.js';

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** `CHAIN:KEY`, or one file with both. */
const certificateFiles = () =>
  commaList()
    .transform((texts, context): readonly CertificateFile[] =>
      texts.map((text) => {
        const [chain = '', key, ...rest] = text.split(':');
        if (chain === '' || key === '' || rest.length > 0)
          context.addIssue('expected files with commas, each FILE or CHAIN:KEY');
        return { chain, ...(key !== undefined && { key }) };
      }),
    )
    .meta({ kind: 'files with commas' });

/** The variables of HTTPS; `listen` is the schema of an address and a port. */
export const certificateVariables = <S extends z.ZodType>(listen: S) => ({
  GATEWAY_LISTEN_TLS: listen
    .optional()
    .meta({ kind: 'address and port' })
    .describe('Where HAProxy takes HTTPS, such as `0.0.0.0:443`, beside `GATEWAY_LISTEN`.'),
  GATEWAY_TLS_PUBLIC_PORT: port().min(1).optional().meta({
    description: 'The port that clients use for HTTPS, where another one leads to `GATEWAY_LISTEN_TLS`.',
    shownDefault: 'the port of `GATEWAY_LISTEN_TLS`',
  }),
  GATEWAY_TLS_CERTIFICATES: certificateFiles()
    .default([])
    .describe(
      'Your certificates, in PEM: each a file with the chain and the private key, or `CHAIN:KEY` with a file for each. Files that change are read anew.',
    ),
  GATEWAY_TLS_SELF_SIGNED: z
    .stringbool()
    .default(false)
    .describe(
      '`true` makes a certificate for each host that has none, signed by an authority in `GATEWAY_FOLDER` (`ca.pem`) that only those trust who are told to.',
    ),
  GATEWAY_TLS_REDIRECT: z
    .stringbool()
    .default(true)
    .describe(
      '`true` sends plain HTTP on to HTTPS, for hosts with a certificate of yours or of an ACME authority.',
    ),
  GATEWAY_TLS_HSTS_SECONDS: z.coerce
    .number()
    .int()
    .min(0)
    .max(63_072_000)
    .default(0)
    .describe(
      '`max-age` of the header Strict-Transport-Security in answers over HTTPS: so long browsers use HTTPS alone. 0 leaves it out.',
    ),
  GATEWAY_ACME_URL: z
    .url()
    .optional()
    .describe(
      'The directory of an ACME authority, such as `https://acme-v02.api.letsencrypt.org/directory`. It is asked for a certificate for each public host of a route that none of yours covers.',
    ),
  GATEWAY_ACME_ACCEPT_TERMS: z
    .stringbool()
    .default(false)
    .describe('`true` accepts the terms of service of that authority; it is asked for nothing otherwise.'),
  GATEWAY_ACME_CONTACT: z
    .email()
    .optional()
    .describe('The e-mail address at which the authority reaches you.'),
  GATEWAY_ACME_HOSTS: commaList()
    .refine((patterns) => patterns.every((pattern) => HOST_PATTERN.test(pattern)), {
      error:
        'expected host names with commas, such as example.com,*.example.com,**.apps.example.com,!x.example.com',
    })
    .default([])
    .meta({
      description:
        'Which hosts the authority is asked for: `*.` is one label, `**.` any number, `!` takes hosts out; the last pattern that matches counts.',
      shownDefault: 'all public ones',
    }),
  GATEWAY_ACME_BINDING_KEY_ID: z
    .string()
    .min(1)
    .optional()
    .describe('The key id of an external account binding, where the authority asks for one.'),
  GATEWAY_ACME_BINDING_KEY: secret(checkBindingKey).optional().describe('Its key, in base64url.'),
  GATEWAY_ACME_CA_FILE: certificateFile()
    .optional()
    .describe('In PEM, whom to believe that it is the authority; the usual ones by default.'),
  GATEWAY_ACME_RETRY_MS: durationMs()
    .min(1_000)
    .default(300_000)
    .describe('After a failure, a host waits this long, then twice as long each time, half a day at most.'),
  SLIPWAY_CERTIFICATE_KEY: secret(parseAtRestKeys)
    .optional()
    .describe(
      'base64url of 32 bytes, several with commas: private keys of ACME are encrypted with the first, and each opens them.',
    ),
});

function checkBindingKey(text: string): void {
  if (!BASE64URL.test(text)) throw new Error('expected base64url');
}

/** Rules of these variables together. */
export const certificateRules: readonly Rule[] = [
  onlyWith(
    'GATEWAY_LISTEN_TLS',
    (given) => isSet(given, 'GATEWAY_LISTEN'),
    'expected GATEWAY_LISTEN besides',
  ),
  onlyWith(
    'GATEWAY_ACME_URL',
    (given) => isSet(given, 'GATEWAY_LISTEN_TLS'),
    'expected GATEWAY_LISTEN_TLS besides',
  ),
  {
    name: 'GATEWAY_ACME_ACCEPT_TERMS',
    expected: 'expected true: an ACME authority is asked for nothing before its terms are accepted',
    holds: (given) => !isSet(given, 'GATEWAY_ACME_URL') || given['GATEWAY_ACME_ACCEPT_TERMS'] === true,
  },
  neededBy('SLIPWAY_CERTIFICATE_KEY', (given) => isSet(given, 'GATEWAY_ACME_URL')),
  neededBy('GATEWAY_ACME_BINDING_KEY', (given) => isSet(given, 'GATEWAY_ACME_BINDING_KEY_ID')),
  neededBy('GATEWAY_ACME_BINDING_KEY_ID', (given) => isSet(given, 'GATEWAY_ACME_BINDING_KEY')),
];
