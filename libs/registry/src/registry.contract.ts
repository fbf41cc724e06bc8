import { describe, expect, it } from 'vitest';
import { closedPort, pushTestImage, uniqueName } from '#libs/testing';
import { RegistryHttp } from './registry-http.js';
import type { ImageRegistry, ImageTag, RegistryAccess } from './registry.js';

interface RegistryUnderTest {
  create(access: RegistryAccess): ImageRegistry;
  /** Read when the tests run. */
  access(): RegistryAccess;
}

const DAY = 86_400_000;
const FIRST = new Date('2026-01-02T03:04:05Z');

async function all<T>(listing: AsyncIterable<T>): Promise<readonly T[]> {
  const entries: T[] = [];
  for await (const entry of listing) entries.push(entry);
  return entries;
}

async function pushTags(
  access: RegistryAccess,
  count: number,
): Promise<{ readonly repository: string; readonly digests: readonly string[] }> {
  const repository = `${uniqueName('app')}/web`;
  const http = new RegistryHttp(access);
  const digests: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const created = new Date(FIRST.getTime() + n * DAY);
    digests.push(await pushTestImage(http, { repository, tag: `t${n}`, created }));
  }
  return { repository, digests };
}

const byName = (tags: readonly ImageTag[]): ImageTag[] =>
  tags.toSorted((one, other) => one.name.localeCompare(other.name));

/** What holds for every registry behind the port, whatever it is. */
export function describeRegistry(name: string, registryUnderTest: RegistryUnderTest): void {
  describe(name, () => {
    describeImages(registryUnderTest);
    describeRefusals(registryUnderTest);
  });
}

function describeImages({ create, access }: RegistryUnderTest): void {
  const registry = (more: Partial<RegistryAccess> = {}): ImageRegistry => create({ ...access(), ...more });
  /** A repository with `count` tags, a day apart, t0 the first. */
  const pushed = (count: number) => pushTags(access(), count);

  it('gives the digest behind a tag', async () => {
    const { repository, digests } = await pushed(2);
    expect(await registry().digestOf(repository, 't1')).toBe(digests[1]);
  });

  it('a tag that is not there is IMAGE_NOT_FOUND', async () => {
    const { repository } = await pushed(1);
    await expect(registry().digestOf(repository, 'never')).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      kind: 'permanent',
      hint: expect.stringContaining('pushed') as string,
    });
  });

  it('a repository that is not there is IMAGE_NOT_FOUND, for its digests and its tags', async () => {
    const repository = uniqueName('never');
    await expect(registry().digestOf(repository, 't')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(all(registry().tags(repository))).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('lists the tags of a repository with digest and time', async () => {
    const { repository, digests } = await pushed(2);
    const second = new Date(FIRST.getTime() + DAY);
    const expected: ImageTag[] = [
      { name: 't0', digest: digests[0] ?? '', at: FIRST },
      { name: 't1', digest: digests[1] ?? '', at: second },
    ];
    expect(byName(await all(registry().tags(repository)))).toEqual(expected);
  });

  it('lists all tags and repositories where they come in several pages', async () => {
    const { repository } = await pushed(5);
    const others = [await pushed(1), await pushed(1), await pushed(1)];
    const paged = registry({ pageSize: 2 });
    const names = (await all(paged.tags(repository))).map((tag) => tag.name);
    expect(names.toSorted()).toEqual(['t0', 't1', 't2', 't3', 't4']);
    const repositories = await all(paged.repositories());
    expect(repositories).toEqual(
      expect.arrayContaining([repository, ...others.map((other) => other.repository)]),
    );
    expect(new Set(repositories).size).toBe(repositories.length);
  });

  it('deletes an image by digest, with its tag and no other', async () => {
    const { repository, digests } = await pushed(2);
    await registry().deleteImage(repository, digests[0] ?? '');
    await expect(registry().digestOf(repository, 't0')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    expect((await all(registry().tags(repository))).map((tag) => tag.name)).toEqual(['t1']);
  });

  it('deleting what is gone, or never was, is no error', async () => {
    const { repository, digests } = await pushed(1);
    const [digest = ''] = digests;
    await registry().deleteImage(repository, digest);
    await registry().deleteImage(repository, digest);
    await registry().deleteImage(uniqueName('never'), digest);
  });

  it('what was deleted can be pushed again', async () => {
    const { repository, digests } = await pushed(1);
    await registry().deleteImage(repository, digests[0] ?? '');
    await pushTestImage(new RegistryHttp(access()), { repository, tag: 't0', created: FIRST });
    expect(await registry().digestOf(repository, 't0')).toBe(digests[0]);
  });

  it('images of a namespace lie under it', async () => {
    const { url } = access();
    const namespaced = registry({ url: `${url}/team/deploys` });
    const repository = namespaced.repository(uniqueName('app'), 'web');
    expect(repository).toMatch(/^team\/deploys\/app[a-z0-9-]*\/web$/);
    await namespaced.ensureRepository(repository);
    const digest = await pushTestImage(new RegistryHttp(access()), { repository, tag: 't', created: FIRST });
    expect(await namespaced.digestOf(repository, 't')).toBe(digest);
    expect((await namespaced.login())?.serveraddress).toBe(new URL(url).host);
  });

  it('several calls at once share the registry without disturbing each other', async () => {
    const { repository, digests } = await pushed(3);
    const one = registry();
    const found = await Promise.all(digests.map((_, n) => one.digestOf(repository, `t${n}`)));
    expect(found).toEqual(digests);
  });
}

function describeRefusals({ create, access }: RegistryUnderTest): void {
  const registry = (more: Partial<RegistryAccess>): ImageRegistry => create({ ...access(), ...more });

  it('a wrong password is REGISTRY_DENIED for everything, and is not told', async () => {
    const credentials = () => Promise.resolve({ username: 'principal', password: 'wrong-one' });
    const stranger = registry({ credentials });
    for (const call of [
      () => stranger.digestOf('some/thing', 't'),
      () => all(stranger.tags('some/thing')),
      () => all(stranger.repositories()),
      () => stranger.deleteImage('some/thing', `sha256:${'0'.repeat(64)}`),
    ]) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'REGISTRY_DENIED', kind: 'permanent' });
      expect(JSON.stringify(error) + String(error)).not.toContain('wrong-one');
    }
  });

  it('no login where one is needed is REGISTRY_DENIED', async () => {
    const nobody = registry({ credentials: () => Promise.resolve(undefined) });
    await expect(nobody.digestOf('some/thing', 't')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  });

  it('a certificate of an authority that is not known is REGISTRY_UNREACHABLE and says so', async () => {
    await expect(registry({ ca: undefined }).digestOf('some/thing', 't')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringMatching(/certificate/) as string,
      hint: expect.stringContaining('REGISTRY_CA_FILE') as string,
    });
  });

  it('a registry that is down is REGISTRY_UNREACHABLE, to be tried again', async () => {
    const url = `https://127.0.0.1:${await closedPort()}`;
    const down = registry({ url });
    for (const call of [() => down.digestOf('some/thing', 't'), () => all(down.repositories())])
      await expect(call()).rejects.toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        kind: 'retriable',
        hint: expect.stringContaining('REGISTRY_URL') as string,
      });
  });
}
