import { Agent, fetch } from 'undici';

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** Where images go and come from. */
export interface ImageRegistry {
  /** `host:port`, as it stands in image names. */
  readonly host: string;
  /** What an engine sends along as X-Registry-Auth. */
  readonly auth: RegistryLogin;
  repository(appId: string, service: string): string;
  /** The digest behind a tag, or undefined. Throws RegistryError. */
  digestOf(repository: string, tag: string): Promise<string | undefined>;
}

/** The registry refused, or did not answer. */
export class RegistryError extends Error {
  readonly code = 'REGISTRY_UNAVAILABLE';
  readonly retriable = true;
  readonly hint = 'Check REGISTRY_URL, its login and REGISTRY_CA_FILE.';
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Any registry of the OCI distribution API with a basic login. */
export class OciRegistry implements ImageRegistry {
  readonly host: string;
  readonly auth: RegistryLogin;
  private readonly base: URL;
  private readonly dispatcher: Agent;

  constructor({
    url,
    username,
    password,
    ca,
  }: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly ca?: string;
  }) {
    this.base = new URL(url);
    this.host = this.base.host;
    this.auth = { username, password, serveraddress: this.host };
    this.dispatcher = new Agent({ connect: { ca } });
  }

  repository(appId: string, service: string): string {
    return `${appId}/${service}`;
  }

  async digestOf(repository: string, tag: string): Promise<string | undefined> {
    const { username, password } = this.auth;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const url = new URL(`/v2/${repository}/manifests/${tag}`, this.base);
    const options = {
      method: 'HEAD',
      dispatcher: this.dispatcher,
      headers: { authorization, accept: MANIFESTS.join(', ') },
    };
    const response = await fetch(url, options).catch((cause: unknown) => {
      throw new RegistryError(`${this.host} does not answer`, { cause });
    });
    if (response.status === 404) return undefined;
    if (!response.ok)
      throw new RegistryError(`${this.host} answered ${response.status} for ${repository}:${tag}`);
    return response.headers.get('docker-content-digest') ?? undefined;
  }
}
