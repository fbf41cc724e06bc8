import { ContainerRegistryClient, type ContainerRegistryClientOptions } from '@azure/container-registry';
import { Authorizer } from './authorizer.js';
import { refused, unreachable } from './errors.js';
import { type RegistryAddress, repositoryOf } from './registry-address.js';
import {
  type Credentials,
  type ImageRegistry,
  type ImageTag,
  PAGE_SIZE,
  type RegistryAccess,
  type RegistryLogin,
} from './registry.js';
import { Transport } from './transport.js';

type Policy = NonNullable<ContainerRegistryClientOptions['additionalPolicies']>[number]['policy'];

/** For one request, not for a listing of many. */
const PATIENT = { requestOptions: { timeout: 30_000 } };

/**
 * Azure Container Registry, by its own client. The login is username and password (a service principal, the admin
 * user, a token of the registry) or comes from an Azure identity; the registry's tokens are had the same way for all.
 */
export class AcrRegistry implements ImageRegistry {
  readonly host: string;
  private readonly address: RegistryAddress;
  private readonly client: ContainerRegistryClient;
  private readonly credentials: Credentials;
  private readonly pageSize: number;

  constructor({ url, credentials, ca, pageSize = PAGE_SIZE }: RegistryAccess) {
    const transport = new Transport(url, ca);
    this.address = transport.address;
    this.host = transport.host;
    this.credentials = credentials;
    this.pageSize = pageSize;
    // The client's own credentials are Azure identities only, so its requests get their login here, innermost.
    const policy = withLogin(new Authorizer(transport, credentials));
    this.client = new ContainerRegistryClient(this.address.api, {
      tlsOptions: { ca },
      retryOptions: { maxRetries: 2, retryDelayInMs: 200 },
      additionalPolicies: [{ policy, position: 'perRetry' }],
    });
  }

  async login(): Promise<RegistryLogin | undefined> {
    const login = await this.credentials();
    return login && { ...login, serveraddress: this.address.login };
  }

  repository(appId: string, service: string): string {
    return repositoryOf(this.address, appId, service);
  }

  /** A push makes it. */
  ensureRepository(): Promise<void> {
    return Promise.resolve();
  }

  async *repositories(): AsyncIterable<string> {
    const pages = this.client.listRepositoryNames(PATIENT);
    yield* this.listed('repositories', pages.byPage({ maxPageSize: this.pageSize }));
  }

  async digestOf(repository: string, tag: string): Promise<string> {
    const artifact = this.client.getArtifact(repository, tag);
    const { digest } = await this.call(`${repository}:${tag}`, () => artifact.getTagProperties(tag, PATIENT));
    return digest;
  }

  async *tags(repository: string): AsyncIterable<ImageTag> {
    // Any reference gives the artifact whose listing is the repository's.
    const tags = this.client.getArtifact(repository, 'latest').listTagProperties(PATIENT);
    const pages = tags.byPage({ maxPageSize: this.pageSize });
    for await (const tag of this.listed(`the tags of ${repository}`, pages))
      yield { name: tag.name, digest: tag.digest, at: tag.lastUpdatedOn };
  }

  async deleteImage(repository: string, digest: string): Promise<void> {
    const artifact = this.client.getArtifact(repository, digest);
    await this.call(`deletion of ${repository}@${digest}`, () => artifact.delete(PATIENT));
  }

  private async *listed<T>(what: string, pages: AsyncIterator<readonly T[]>): AsyncIterable<T> {
    for (;;) {
      const page = await this.call(what, () => pages.next());
      if (page.done === true) return;
      yield* page.value;
    }
  }

  private async call<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
      if (typeof status === 'number') throw refused(this.host, what, status);
      throw unreachable(this.host, what, error);
    }
  }
}

/** A policy of the client's pipeline that answers the registry's challenges. */
function withLogin(authorizer: Authorizer): Policy {
  return {
    name: 'slipwayRegistryLogin',
    async sendRequest(request, next) {
      // One token for all tags and digests of a repository.
      const purpose = `${request.method} ${new URL('.', request.url).pathname}`;
      const known = authorizer.known(purpose);
      if (known !== undefined) request.headers.set('Authorization', known);
      const response = await next(request);
      if (response.status !== 401) return response;
      const challenge = response.headers.get('www-authenticate');
      request.headers.set('Authorization', await authorizer.answer(purpose, challenge));
      return next(request);
    },
  };
}
