import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveError, sourceDigest } from '#libs/archive';
import { unpackForTest } from './unpacked.js';
import { DEFLATED, writeZip } from './zip-writer.js';

const content = 'some text that packs, some text that packs';
const valid = [
  writeZip([
    { name: 'config.json', content: '{}' },
    { name: 'src/app.js', content, method: DEFLATED, mode: 0o100755 },
    { name: 'link', content: 'src/app.js', mode: 0o120777 },
    { name: 'empty/' },
  ]),
  writeZip([{ name: 'r/ü', content, method: DEFLATED, descriptor: 'signed' }], { comment: Buffer.from('c') }),
  writeZip(
    [
      { name: 'w', content, method: DEFLATED, wide: true },
      { name: 'v', content },
    ],
    { zip64: {} },
  ),
];

/** Bytes that mean something: signatures, separators, limits. */
const tellingBytes = [
  'PK\x01\x02',
  'PK\x03\x04',
  'PK\x05\x06',
  'PK\x06\x06',
  'PK\x06\x07',
  '../',
  '/',
  '\\',
  '\0',
].map((text) => Buffer.from(text, 'latin1'));
const patch = fc.oneof(
  fc.constantFrom(...tellingBytes, Buffer.alloc(4, 0xff), Buffer.alloc(8, 0xff), Buffer.alloc(4)),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
);

type Mutation = (bytes: Buffer) => Buffer;
/** Near the start of a part of the format in two of three cases, where a byte decides most. */
const place = fc.tuple(fc.nat(), fc.nat(60), fc.nat(2));
const mutation = (boundaries: readonly { readonly offset: number }[]): fc.Arbitrary<Mutation> =>
  fc
    .tuple(fc.constantFrom('overwrite', 'insert', 'remove', 'cut', 'repeat'), place, patch, fc.nat(40))
    .map(([kind, [anywhere, near, which], bytes, length]) => (archive: Buffer) => {
      const start = boundaries[anywhere % boundaries.length]?.offset ?? 0;
      const at = which === 0 ? anywhere % (archive.length + 1) : Math.min(archive.length, start + near);
      const rest = archive.subarray(at);
      const middle: Record<typeof kind, Buffer[]> = {
        overwrite: [bytes, rest.subarray(bytes.length)],
        insert: [bytes, rest],
        remove: [rest.subarray(length)],
        cut: [],
        repeat: [rest.subarray(0, length), rest],
      };
      return Buffer.concat([archive.subarray(0, at), ...(middle[kind] ?? [])]);
    });

const mutated = fc
  .constantFrom(...valid)
  .chain(({ bytes, boundaries }) =>
    fc
      .array(mutation(boundaries), { minLength: 1, maxLength: 4 })
      .map((mutations) => mutations.reduce((archive, mutate) => mutate(archive), bytes)),
  );

const RUNS = 2_000;
/** Thousands of times what one of these takes. */
const HANGS_MS = 10_000;

describe('a valid archive with random damage', () => {
  it('is refused with a code or unpacked whole, never outside its folder, never crashing or hanging', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutated, fc.boolean(), async (archive, allowSymlinks) => {
        const { result, outside, tree, directory, dispose } = await unpackForTest(archive, { allowSymlinks });
        expect(outside).toEqual([]);
        for (const [path, shown] of Object.entries(tree))
          if (shown.startsWith('-> ')) expect(allowSymlinks && !shown.includes('..'), path).toBe(true);
        if (result instanceof Error) {
          refused += 1;
          expect(result).toBeInstanceOf(ArchiveError);
        } else expect(result.sourceDigest).toBe(await sourceDigest(directory));
        await dispose();
      }),
      { numRuns: RUNS, timeout: HANGS_MS, interruptAfterTimeLimit: 50_000, markInterruptAsFailure: true },
    );
    // Damage that is always seen, or never, would mean that this test tries nothing.
    expect(refused).toBeGreaterThan(RUNS / 2);
    expect(refused).toBeLessThan(RUNS);
  });
});
