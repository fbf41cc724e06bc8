import { jsonOf, RegistryError } from './errors.js';
import { ACCEPTED } from './manifests.js';
import { repositoryOf } from './registry-address.js';
import { nextPage, RegistryHttp } from './registry-http.js';
import {
  type Credentials,
  type ImageRegistry,
  type ImageTag,
  PAGE_SIZE,
  type RegistryAccess,
  type RegistryLogin,
} from './registry.js';

/** The members of manifest, index and image config that are read here. */
interface Content {
  readonly config?: { readonly digest: string };
  readonly manifests?: readonly { readonly digest: string }[];
  readonly created?: string;
}

/** Any registry of the OCI distribution API, with no login, a basic one, or tokens. */
export class OciRegistry implements ImageRegistry {
  readonly host: string;
  private readonly http: RegistryHttp;
  private readonly credentials: Credentials;
  private readonly pageSize: number;

  constructor(access: RegistryAccess) {
    this.http = new RegistryHttp(access);
    this.host = this.http.host;
    this.credentials = access.credentials;
    this.pageSize = access.pageSize ?? PAGE_SIZE;
  }

  async login(): Promise<RegistryLogin | undefined> {
    const login = await this.credentials();
    return login && { ...login, serveraddress: this.http.address.login };
  }

  repository(appId: string, service: string): string {
    return repositoryOf(this.http.address, appId, service);
  }

  /** A push makes it. */
  ensureRepository(): Promise<void> {
    return Promise.resolve();
  }

  repositories(): AsyncIterable<string> {
    return this.list('/v2/_catalog', 'catalog', 'repositories');
  }

  async digestOf(repository: string, tag: string): Promise<string> {
    return (await this.manifest('HEAD', repository, tag)).digest;
  }

  async *tags(repository: string): AsyncIterable<ImageTag> {
    for await (const name of this.list(`/v2/${repository}/tags/list`, `pull ${repository}`, 'tags')) {
      const tag = await this.tag(repository, name).catch(ifNotFound);
      if (tag !== undefined) yield tag;
    }
  }

  async deleteImage(repository: string, digest: string): Promise<void> {
    const path = `/v2/${repository}/manifests/${digest}`;
    const purpose = `delete ${repository}`;
    const response = await this.http.request({ method: 'DELETE', path, purpose }).catch(ifNotFound);
    await response?.body?.cancel();
  }

  private async *list(path: string, purpose: string, member: string): AsyncIterable<string> {
    for (let page: string | undefined = `${path}?n=${this.pageSize}`; page !== undefined;) {
      const response = await this.http.request({ path: page, purpose });
      const body = await jsonOf<Record<string, readonly string[] | null>>(this.host, response);
      // A repository whose last tag went is listed with `null`.
      yield* body[member] ?? [];
      page = nextPage(response.headers.get('link'));
    }
  }

  /** The distribution API tells no times, but the image's config does. */
  private async tag(repository: string, name: string): Promise<ImageTag> {
    const { digest, content } = await this.manifest('GET', repository, name);
    const [first] = content.manifests ?? [];
    const single =
      first === undefined ? content : (await this.manifest('GET', repository, first.digest)).content;
    return { name, digest, at: await this.createdAt(repository, single.config?.digest) };
  }

  private async createdAt(repository: string, config: string | undefined): Promise<Date | undefined> {
    if (config === undefined) return undefined;
    const path = `/v2/${repository}/blobs/${config}`;
    const response = await this.http.request({ path, purpose: `pull ${repository}` });
    const { created } = await jsonOf<Content>(this.host, response);
    return created === undefined ? undefined : new Date(created);
  }

  private async manifest(
    method: 'GET' | 'HEAD',
    repository: string,
    reference: string,
  ): Promise<{ readonly digest: string; readonly content: Content }> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const headers = { accept: ACCEPTED };
    const response = await this.http.request({ method, path, headers, purpose: `pull ${repository}` });
    const digest = response.headers.get('docker-content-digest');
    if (digest === null)
      throw new RegistryError(
        'REGISTRY_REFUSED',
        `${this.host} does not send the digest of ${repository}:${reference}.`,
      );
    return { digest, content: method === 'GET' ? await jsonOf<Content>(this.host, response) : {} };
  }
}

/** What went between being listed and being asked for is not there, and that is all. */
function ifNotFound(error: unknown): undefined {
  if (error instanceof RegistryError && error.code === 'IMAGE_NOT_FOUND') return undefined;
  throw error;
}
