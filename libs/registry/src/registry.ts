/** A login as an engine takes it along with a push or pull. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

export interface ImageTag {
  readonly name: string;
  /** `sha256:...` of the manifest that the tag points at. */
  readonly digest: string;
  /** When the image was built, or, where the registry knows no better, when the tag was last set. */
  readonly at: Date | undefined;
}

/** Where images go and come from. Every method throws RegistryError. */
export interface ImageRegistry {
  /** `host:port`, as it stands in image names; `docker.io` for Docker Hub. */
  readonly host: string;
  /** Behind the host, with the namespace of REGISTRY_URL. */
  repository(appId: string, service: string): string;
  /** Makes the repository where the registry wants it to be there before a push. */
  ensureRepository(repository: string): Promise<void>;
  /** For each transfer anew, since it may be a token that ends. Undefined: the registry asks for none. */
  login(): Promise<RegistryLogin | undefined>;
  repositories(): AsyncIterable<string>;
  /** The digest behind a tag; IMAGE_NOT_FOUND where there is no such tag or repository. */
  digestOf(repository: string, tag: string): Promise<string>;
  /** In no order. IMAGE_NOT_FOUND where there is no such repository. */
  tags(repository: string): AsyncIterable<ImageTag>;
  /** Deletes an image with all of its tags; one that is gone already is no error. */
  deleteImage(repository: string, digest: string): Promise<void>;
}

/** What a registry is reached with. */
export interface RegistryAccess {
  /** Its path is the namespace of all repositories. */
  readonly url: string;
  readonly credentials: Credentials;
  /** PEM of a private authority. */
  readonly ca?: string;
  /** Entries asked for at a time; the registry may give fewer. */
  readonly pageSize?: number;
}

export interface UserPassword {
  readonly username: string;
  readonly password: string;
}

/** Username and password as they are now; undefined for a registry that asks for none. */
export type Credentials = () => Promise<UserPassword | undefined>;

export const PAGE_SIZE = 100;
