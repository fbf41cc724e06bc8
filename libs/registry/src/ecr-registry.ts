import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  ECRServiceException,
} from '@aws-sdk/client-ecr';
import { toRegistryError } from './ecr-errors.js';
import { ecrLogin } from './ecr-login.js';
import { RegistryError } from './errors.js';
import { OciRegistry } from './oci-registry.js';
import type { ImageRegistry, ImageTag, RegistryAccess, RegistryLogin } from './registry.js';

/** Account and region: `123456789012.dkr.ecr.eu-central-1.amazonaws.com`. */
const REGION = /\.ecr(?:-fips)?\.([a-z0-9-]+)\./;

/** The registry at an address, asked as the AWS identity of this process. */
export function openEcr(access: Omit<RegistryAccess, 'credentials'>): EcrRegistry {
  const { host, hostname } = new URL(access.url);
  const client = new ECRClient({ region: REGION.exec(hostname)?.[1] });
  return new EcrRegistry({ ...access, credentials: ecrLogin(host, client) }, client);
}

/**
 * Amazon ECR. Images are read by the distribution API; repositories have to be made before a push, and images are
 * deleted by ECR's own API. The identity is found as every tool of AWS finds it.
 */
export class EcrRegistry implements ImageRegistry {
  private readonly oci: OciRegistry;

  constructor(
    access: RegistryAccess,
    private readonly client: Pick<ECRClient, 'send'>,
  ) {
    this.oci = new OciRegistry(access);
  }

  get host(): string {
    return this.oci.host;
  }

  repository(appId: string, service: string): string {
    return this.oci.repository(appId, service);
  }

  login(): Promise<RegistryLogin | undefined> {
    return this.oci.login();
  }

  repositories(): AsyncIterable<string> {
    return this.oci.repositories();
  }

  digestOf(repository: string, tag: string): Promise<string> {
    return this.oci.digestOf(repository, tag);
  }

  tags(repository: string): AsyncIterable<ImageTag> {
    return this.oci.tags(repository);
  }

  /** Asked each time: somebody may delete one meanwhile. */
  async ensureRepository(repository: string): Promise<void> {
    await this.ask(
      'ecr:CreateRepository',
      repository,
      () => this.client.send(new CreateRepositoryCommand({ repositoryName: repository })),
      'RepositoryAlreadyExistsException',
    );
  }

  async deleteImage(repository: string, digest: string): Promise<void> {
    const input = { repositoryName: repository, imageIds: [{ imageDigest: digest }] };
    const answer = await this.ask(
      'ecr:BatchDeleteImage',
      repository,
      () => this.client.send(new BatchDeleteImageCommand(input)),
      'RepositoryNotFoundException',
    );
    const failure = answer?.failures?.find(({ failureCode }) => failureCode !== 'ImageNotFound');
    if (failure !== undefined)
      throw new RegistryError(
        'REGISTRY_REFUSED',
        `${this.host} did not delete ${repository}@${digest}: ${failure.failureCode ?? 'no reason given'}.`,
      );
  }

  /** The answer; undefined for the error that means that it is so already. */
  private async ask<T>(
    permission: string,
    repository: string,
    send: () => Promise<T>,
    alreadySo: string,
  ): Promise<T | undefined> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof ECRServiceException && error.name === alreadySo) return undefined;
      throw toRegistryError(this.host, permission, repository, error);
    }
  }
}
