import { BLOB_PLACES } from '#libs/blob';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, Child } from './child.js';
import { freePort } from './free-port.js';
import { type RunningPart, theirs } from './part.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';
import type { Slot } from './slot.js';

/** The account and key that every Azurite has; published by its makers, no secret. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** By its path: PATH is ours to rely on only when bootstrap.mjs started this. */
const AZURITE = 'node_modules/.bin/azurite-blob';

/** Blob storage, in memory where it need not outlast its end; a place for blobs that is named is used instead. */
export async function startAzurite({ slot, breakable }: SetUp): Promise<RunningPart> {
  if (BLOB_PLACES.some((name) => process.env[name])) return theirs;
  const port = await freePort();
  const args = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(port),
    ...(breakable ? ['--location', await freshFolder(slot)] : ['--inMemoryPersistence']),
    '--skipApiVersionCheck',
    '--disableTelemetry',
    '--silent',
  ];
  const server = await Restartable.start(
    () => new Child('Azurite', AZURITE, args, { ledger: slot.ledger }),
    () => answers(port),
  );
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};`;
  const env = { AZURE_STORAGE_CONNECTION_STRING: connection };
  return { env, servers: [server], stop: () => server.stop() };
}

async function freshFolder({ directory }: Slot): Promise<string> {
  const folder = join(directory, 'azurite');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}
