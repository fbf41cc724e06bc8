import { type ImageLayers, MOST_LAYERS_OF_IMAGE } from '#libs/contracts';
import { layerNames } from '#libs/engine';
import { hostOfImage, layersInRegistry, RegistryHttp, type RegistryLogins } from '#libs/registry';
import type { Release } from '../../task/domain/task.events.js';
import { within } from '../../task/within.js';

/** A registry that takes longer must not hold a deployment up for what only makes its node a better one. */
const ANSWER_MS = 3_000;

interface OwnRegistry {
  /** As it stands in image names. */
  readonly host: string;
  readonly url: string;
  readonly ca?: string;
}

interface ImagePlace {
  readonly host: string;
  readonly repository: string;
  readonly digest: string;
}

/** `host/repository@sha256:...` in parts; the official images of Docker Hub are in `library`. Pure. */
export function placeOfImage(image: string): ImagePlace {
  const host = hostOfImage(image);
  const [name = '', digest = ''] = image.split('@');
  const path = name.startsWith(`${host}/`) ? name.slice(host.length + 1) : name;
  const repository = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return { host, repository, digest };
}

/** What images consist of, by their registries: ours, and those that images by name lie in. */
export class RegistryImageLayers {
  private readonly registries = new Map<string, RegistryHttp>();

  constructor(
    private readonly own: OwnRegistry,
    private readonly logins: RegistryLogins,
    private readonly onFailure: (error: unknown, image: string) => void,
  ) {}

  /** Undefined where that is not to be known now. Never throws. */
  async of({
    image,
    architecture,
  }: Pick<Release, 'image' | 'architecture'>): Promise<ImageLayers | undefined> {
    try {
      const { repository, digest, ...place } = placeOfImage(image);
      const http = this.at(place.host, repository);
      const found = await within(ANSWER_MS, layersInRegistry(http, repository, digest, architecture));
      if (found === undefined || found.layers.length > MOST_LAYERS_OF_IMAGE) return undefined;
      const names = layerNames(found.layers.map(({ diffId }) => diffId));
      return {
        ...(found.architecture !== undefined && { architecture: found.architecture }),
        layers: found.layers.map(({ bytes }, at) => ({ name: names[at]!, bytes })),
      };
    } catch (error) {
      this.onFailure(error, image);
      return undefined;
    }
  }

  /** Kept, with the tokens that it gave. */
  private at(host: string, repository: string): RegistryHttp {
    const known = this.registries.get(host);
    if (known !== undefined) return known;
    const { own, logins } = this;
    // An address may need a namespace; on Docker Hub it has one part.
    const namespace = host === 'docker.io' ? repository.split('/')[0] : repository;
    const where = host === own.host ? own : { url: `https://${host}/${namespace}` };
    const http = new RegistryHttp({ ...where, credentials: () => logins.at(host) });
    this.registries.set(host, http);
    return http;
  }
}
