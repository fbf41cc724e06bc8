import { jsonOf } from './errors.js';
import { ACCEPTED } from './manifests.js';
import type { RegistryHttp } from './registry-http.js';

/** A layer of an image in its registry. */
export interface RegistryLayer {
  /** `sha256:...` of it unpacked, as engines know it. */
  readonly diffId: string;
  /** Its size as it is transferred, mostly compressed. */
  readonly bytes: number;
}

export interface LayersInRegistry {
  /** As the image's config names it, such as amd64. */
  readonly architecture: string | undefined;
  /** From the lowest to the highest. */
  readonly layers: readonly RegistryLayer[];
}

interface IndexEntry {
  readonly digest: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

/** The members of index, manifest and image config that are read here. */
interface Index {
  readonly manifests?: readonly IndexEntry[];
}
interface Manifest {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly size: number }[];
}
interface Config {
  readonly architecture?: string;
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
}

/** Of an index, where nothing is known of the machines. */
const USUAL_ARCHITECTURE = 'amd64';

/**
 * What an image consists of, by its manifest and its config. Of an index for several machines it is the image for Linux on
 * the architecture given, else on amd64, else the first. Undefined where manifest and config do not fit together. Throws
 * RegistryError.
 */
export async function layersInRegistry(
  http: RegistryHttp,
  repository: string,
  digest: string,
  architecture = USUAL_ARCHITECTURE,
): Promise<LayersInRegistry | undefined> {
  const read = async <T>(path: string): Promise<T> => {
    const headers = { accept: ACCEPTED };
    const request = { path: `/v2/${repository}/${path}`, headers, purpose: `pull ${repository}` };
    return jsonOf<T>(http.host, await http.request(request));
  };
  const found = await read<Index & Manifest>(`manifests/${digest}`);
  const chosen = found.manifests && entryFor(found.manifests, architecture);
  if (found.manifests !== undefined && chosen === undefined) return undefined;
  const { config, layers } =
    chosen === undefined ? found : await read<Manifest>(`manifests/${chosen.digest}`);
  if (config === undefined || layers === undefined) return undefined;
  const { rootfs, architecture: named } = await read<Config>(`blobs/${config.digest}`);
  const diffIds = rootfs?.diff_ids ?? [];
  if (diffIds.length !== layers.length) return undefined;
  return {
    architecture: named,
    layers: layers.map(({ size }, at) => ({ diffId: diffIds[at]!, bytes: size })),
  };
}

/** What belongs to an image but is none, such as its provenance, is for the system `unknown`. */
function entryFor(entries: readonly IndexEntry[], architecture: string): IndexEntry | undefined {
  const linux = entries.filter(({ platform }) => (platform?.os ?? 'linux') === 'linux');
  const of = (wanted: string): IndexEntry | undefined =>
    linux.find(({ platform }) => platform?.architecture === wanted);
  return of(architecture) ?? of(USUAL_ARCHITECTURE) ?? linux[0];
}
