import { describe, expect, it } from 'vitest';
import { ArchiveError, sourceDigest } from '#libs/archive';
import type { ArchiveCase } from './archive-case.js';
import { corpus } from './corpus.js';
import { unpackForTest } from './unpacked.js';

const all = Object.values(corpus).flat();

async function check({ make, expected, allowSymlinks }: ArchiveCase): Promise<void> {
  const { result, tree, outside, directory, dispose } = await unpackForTest(make(), { allowSymlinks });
  try {
    expect(outside).toEqual([]);
    if ('code' in expected) {
      expect(result).toBeInstanceOf(ArchiveError);
      expect(result).toMatchObject({ code: expected.code, hint: expect.stringMatching(/./) as string });
      expect((result as ArchiveError).message).toMatch(expected.says);
      return;
    }
    expect(result).toEqual({
      sourceDigest: await sourceDigest(directory),
      files: Object.keys(tree).filter((path) => !path.endsWith('/')).length,
      bytes: expect.any(Number) as number,
    });
    expect(tree).toEqual(expected.tree);
  } finally {
    await dispose();
  }
}

describe('the corpus of archives', () => {
  it('holds at least 200 different ones, under different names', () => {
    const different = new Set(
      all.map((one) => `${one.allowSymlinks === true}${one.make().toString('base64')}`),
    );
    expect(different.size).toBeGreaterThanOrEqual(200);
    const names = all.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has every code of a refusal', () => {
    const codes = new Set(all.map(({ expected }) => ('code' in expected ? expected.code : undefined)));
    codes.delete(undefined);
    expect([...codes].sort()).toMatchInlineSnapshot(`
      [
        "ARCHIVE_CORRUPT",
        "ARCHIVE_EMPTY",
        "ARCHIVE_ENCRYPTED",
        "ARCHIVE_LINK",
        "ARCHIVE_MISMATCH",
        "ARCHIVE_NAME_CONFLICT",
        "ARCHIVE_TOO_LARGE",
        "ARCHIVE_UNSAFE",
        "ARCHIVE_UNSUPPORTED",
      ]
    `);
  });
});

for (const [family, cases] of Object.entries(corpus)) {
  describe(`an archive: ${family}`, () => {
    it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => check(one));
  });
}
