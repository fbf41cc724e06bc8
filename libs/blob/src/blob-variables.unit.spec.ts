import { describe, expect, it } from 'vitest';
import { ConfigError, problemText } from '#libs/config';
import { BLOB_PLACES, blobSettingsOf } from './blob-variables.js';

/** What is wrong with the variables, in words. */
function problems(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    blobSettingsOf(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(problemText);
    throw error;
  }
}

const AZURE =
  'DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=aGk=;EndpointSuffix=core.windows.net';

describe('the place of blobs', () => {
  it.each<Readonly<Record<string, string>>>([
    { AZURE_STORAGE_CONNECTION_STRING: AZURE },
    { AZURE_STORAGE_CONNECTION_STRING: 'BlobEndpoint=https://x.example;SharedAccessSignature=sv=1&sig=a' },
    { AZURE_STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true' },
    { AZURE_STORAGE_URL: 'https://shop.blob.core.windows.net' },
    { AZURE_STORAGE_URL: 'https://shop.blob.core.windows.net/?sv=1&sig=a' },
    { S3_URL: 'http://127.0.0.1:9000', AWS_REGION: 'eu-central-1' },
    { SLIPWAY_BLOB_FOLDER: '/tmp' },
  ])('may be %j', (env) => expect(problems(env)).toEqual([]));

  it('that is missing is told by the first of its variables', () => {
    expect(problems({})).toEqual([
      `AZURE_STORAGE_CONNECTION_STRING is not set: expected one of ${BLOB_PLACES.join(', ')}`,
    ]);
  });

  it('that is named twice is told by the one that is too much', () => {
    const [problem, ...others] = problems({ S3_URL: 'https://s3.example', SLIPWAY_BLOB_FOLDER: '/tmp' });
    expect(problem).toMatch(
      /^SLIPWAY_BLOB_FOLDER is "\/tmp": expected one of .*S3_URL.*another one is set, too$/,
    );
    expect(others).toEqual([]);
  });

  it.each<readonly [Readonly<Record<string, string>>, string]>([
    [{ AZURE_STORAGE_CONNECTION_STRING: 'geheim' }, 'the connection string of an Azure storage account'],
    [{ AZURE_STORAGE_URL: 'shop.blob.core.windows.net?sig=geheim' }, 'an address'],
    [{ AZURE_STORAGE_URL: 'ftp://shop.example?sig=geheim' }, 'an address'],
    [{ S3_URL: 'minio:9000' }, 'an address'],
    [{ SLIPWAY_BLOB_FOLDER: 'blobs' }, 'an absolute path'],
    // A typing error made another folder, and there the zips were not found.
    [{ SLIPWAY_BLOB_FOLDER: '/none/such' }, 'a folder that is there'],
    [{ SLIPWAY_BLOB_FOLDER: '/etc/hostname' }, 'a folder that is there'],
    [{ S3_URL: 'https://s3.example', S3_CA_FILE: '/no/such.pem' }, 'a file that can be read'],
    [{ S3_URL: 'https://s3.example', S3_CA_FILE: import.meta.filename }, 'a certificate in PEM'],
  ])('that cannot be is told, without what may be secret: %j', (env, expected) => {
    const [problem] = problems(env);
    expect(problem).toContain(`expected ${expected}`);
    expect(problem).not.toContain('geheim');
  });
});
