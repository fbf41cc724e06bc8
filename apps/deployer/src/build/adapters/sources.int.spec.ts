import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import AdmZip from 'adm-zip';
import { afterAll, expect, it } from 'vitest';
import type { BlobStore } from '#libs/blob';
import { BlobSources } from './sources.js';

const workDirectory = mkdtempSync(join(tmpdir(), 'slipway-sources-'));
afterAll(() => rmSync(workDirectory, { recursive: true }));

const TINY = { maxEntries: 1, maxTotalBytes: 1, maxEntryBytes: 1, maxRatio: 1 };

function sourcesOf(
  stream: Readable,
  { minFreeBytes = 0, bytes = 1, limits = TINY, newest = '', opened = [] as string[] },
): BlobSources {
  const store: Partial<BlobStore> = {
    open(name) {
      opened.push(name);
      return Promise.resolve({ stream, etag: 'e', bytes });
    },
    newestOf: () => Promise.resolve(newest),
  };
  return new BlobSources({
    ...{ blobs: () => store as BlobStore, workDirectory, allowSymlinks: false, minFreeBytes },
    limits,
  });
}

const fetched = (sources: BlobSources) =>
  sources.fetch({ blob: 'shop--web.zip' }, new AbortController().signal);

it.each([{ minFreeBytes: 1e15 }, { bytes: 1e15 }])(
  'a source is not even read where its disk is too full for it: %j',
  async (sizes) => {
    let isRead = false;
    const stream = new Readable({ read: () => (isRead = true) });
    await expect(fetched(sourcesOf(stream, sizes))).rejects.toMatchObject({
      code: 'DEPLOYER_DISK_FULL',
      message: expect.stringMatching(/\d+ bytes\) free.*\d+ bytes\)/) as string,
    });
    expect([isRead, stream.destroyed]).toEqual([false, true]);
    expect(readdirSync(workDirectory)).toEqual([]);
  },
);

it('a zip that may lie at two places is taken where the newest is, and it is said where that was', async () => {
  const zip = new AdmZip();
  zip.addFile('config.json', Buffer.from('{"runtime": "static", "port": 8080}'));
  const limits = { maxEntries: 9, maxTotalBytes: 1e7, maxEntryBytes: 1e7, maxRatio: 1e6 };
  const opened: string[] = [];
  const newest = 'shop--user-service.zip';
  const sources = sourcesOf(Readable.from([zip.toBuffer()]), { limits, newest, opened });
  const source = { blob: 'shop--user_service.zip', orBlob: newest };
  const { blob, dispose } = await sources.fetch(source, new AbortController().signal);
  await dispose();
  expect([opened, blob]).toEqual([[newest], newest]);
});

it('a config.json of any size was read: one of 2 MB is refused for its size', async () => {
  const zip = new AdmZip();
  zip.addFile('config.json', Buffer.alloc(2e6, ' '));
  const limits = { maxEntries: 9, maxTotalBytes: 1e7, maxEntryBytes: 1e7, maxRatio: 1e6 };
  const sources = sourcesOf(Readable.from([zip.toBuffer()]), { limits });
  await expect(fetched(sources)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'config.json: the file: expected at most 262144 bytes',
  });
});

it('a disk that fills up meanwhile has the same code, and nothing is left of the source', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const stream = new Readable({ read: () => stream.destroy(full) });
  await expect(fetched(sourcesOf(stream, {}))).rejects.toMatchObject({
    code: 'DEPLOYER_DISK_FULL',
    cause: full,
  });
  expect(readdirSync(workDirectory)).toEqual([]);
});

it('a zip that another deployment replaced before it was fetched is not built in its name', async () => {
  const source = { blob: 'shop--web.zip', sha256: 'a'.repeat(64) };
  const fetching = sourcesOf(Readable.from([Buffer.from('theirs')]), {}).fetch(
    source,
    new AbortController().signal,
  );
  await expect(fetching).rejects.toMatchObject({
    code: 'SOURCE_CHANGED',
    message: expect.stringContaining('shop--web.zip is not the zip of this request any more') as string,
    // What a user of the command can do.
    hint: expect.stringMatching(/^Deploy again\. If others deploy this service too, wait /) as string,
  });
  expect(readdirSync(workDirectory)).toEqual([]);
});

it('a zip that is the one of the request is unpacked', async () => {
  const bytes = Buffer.from('ours');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const fetching = sourcesOf(Readable.from([bytes]), {}).fetch(
    { blob: 'shop--web.zip', sha256 },
    new AbortController().signal,
  );
  // It is no zip: but it was opened.
  await expect(fetching).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
});
