import { statSync } from 'node:fs';
import { z } from 'zod';
import { certificateFile, isSet, loadConfig, onlyWith, type Rule, secret, withRules } from '#libs/config';

/** The part of each connection string that Azure's portal and Azurite give. */
const CONNECTION_STRING = /(?:^|;)(?:AccountName|BlobEndpoint)=[^;]+|^UseDevelopmentStorage=true/i;

function checkConnectionString(text: string): void {
  if (!CONNECTION_STRING.test(text))
    throw new Error('expected the connection string of an Azure storage account');
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function checkUrl(text: string): void {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Error('expected an address, such as https://ACCOUNT.blob.core.windows.net');
}

/** The variables that say where the zips are. Whoever spreads them into a schema wraps it by `withOneBlobPlace`. */
export const blobVariables = {
  AZURE_STORAGE_CONNECTION_STRING: secret(checkConnectionString)
    .optional()
    .describe(
      'The storage account that holds the zips. One of four: also `AZURE_STORAGE_URL`, `S3_URL`, `SLIPWAY_BLOB_FOLDER`.',
    ),
  AZURE_STORAGE_URL: secret(checkUrl)
    .optional()
    .describe(
      'The address of a storage account that holds the zips: with a signature (SAS) as its query, or asked as the Azure identity.',
    ),
  S3_URL: z
    .url({
      protocol: /^https?$/,
      error: 'expected an address, such as https://s3.eu-central-1.amazonaws.com',
    })
    .optional()
    .describe('S3 that holds the zips, of AWS, MinIO or others. It is asked as the AWS identity.'),
  S3_CA_FILE: certificateFile()
    .optional()
    .describe('The certificate of a private authority that signed the certificate of `S3_URL`.'),
  AWS_REGION: z.string().default('us-east-1').describe('The region of `S3_URL`.'),
  SLIPWAY_BLOB_FOLDER: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .refine(isFolder, 'expected a folder that is there: a name with a typing error would hold nothing')
    .optional()
    .describe('A folder that holds the zips, for one machine: whoever deploys and the deployer share it.'),
  SLIPWAY_BLOB_CONTAINER: z
    .string()
    .min(3)
    .max(63)
    .default('services')
    .describe('The container, bucket or folder in the blob storage that holds the zips.'),
} as const;

const schema = z.object(blobVariables);
export type BlobSettings = z.output<typeof schema>;

/** Of these one is set. */
export const BLOB_PLACES = [
  'AZURE_STORAGE_CONNECTION_STRING',
  'AZURE_STORAGE_URL',
  'S3_URL',
  'SLIPWAY_BLOB_FOLDER',
] as const;

const ONE = `expected one of ${BLOB_PLACES.join(', ')}`;
const ONLY = `${ONE}, and another one is set, too`;

const RULES: readonly Rule[] = [
  { name: BLOB_PLACES[0], expected: ONE, holds: (given) => BLOB_PLACES.some((name) => isSet(given, name)) },
  ...BLOB_PLACES.map((name, index) => {
    const others = BLOB_PLACES.slice(0, index);
    return onlyWith(name, (given) => !others.some((other) => isSet(given, other)), ONLY);
  }),
  onlyWith('S3_CA_FILE', (given) => isSet(given, 'S3_URL'), 'expected S3_URL with it'),
];

/** The same schema, which expects exactly one place for blobs. The problem names the variable that is missing or too much. */
export const withOneBlobPlace = <S extends z.ZodType>(schema: S): S => withRules(schema, RULES);

/** The settings of a process that reads the variables of an environment alone, such as a test or a measurement. */
export const blobSettingsOf = (env: Readonly<Record<string, string | undefined>>): BlobSettings =>
  loadConfig(withOneBlobPlace(schema), env);
