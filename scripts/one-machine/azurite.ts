import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import { type RunningPart, theirs } from './part.js';
import type { SetUp } from './set-up.js';

/** The account and key that every Azurite has; published by its makers, no secret. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** By its path: PATH is ours to rely on only when bootstrap.mjs started this. */
const AZURITE = 'node_modules/.bin/azurite-blob';

/** Blob storage in memory; AZURE_STORAGE_CONNECTION_STRING, when set, is used instead. */
export async function startAzurite({ slot }: SetUp): Promise<RunningPart> {
  if (process.env['AZURE_STORAGE_CONNECTION_STRING']) return theirs;
  const port = await freePort();
  const args = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(port),
    '--inMemoryPersistence',
    '--skipApiVersionCheck',
    '--disableTelemetry',
    '--silent',
  ];
  const server = new Child('Azurite', AZURITE, args, { ledger: slot.ledger });
  await server.until(() => answers(port));
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};`;
  return { env: { AZURE_STORAGE_CONNECTION_STRING: connection }, stop: () => server.stop() };
}
