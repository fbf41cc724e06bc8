import { type Disk, diskOver, type SshPool } from '#libs/ssh';
import { BUILT_BY_LABEL } from '../../build/domain/labels.js';
import type { NodeImage } from '../../releases/domain/node-images.js';
import type { NodeImages } from '../../releases/ports.js';
import type { SshNodeEngines } from './node-engines.js';

interface NodeImagesParts {
  readonly ssh: SshPool;
  /** Which Slipway this is. */
  readonly installation: string;
}

/** The images of nodes by their engines, and their disks by `df`. */
export class SshNodeImages implements NodeImages {
  /** By node: a machine keeps its images where it keeps them. */
  private readonly roots = new Map<string, string>();

  constructor(
    private readonly engines: Pick<SshNodeEngines, 'reached'>,
    private readonly parts: NodeImagesParts,
  ) {}

  async own(node: string): Promise<readonly NodeImage[]> {
    const { engine } = await this.engines.reached(node);
    const images = await engine.listImages({ labels: { [BUILT_BY_LABEL]: this.parts.installation } });
    return images.map(({ id, digests, tags }) => ({ id: plainId(id), digests, tags }));
  }

  async used(node: string): Promise<readonly string[]> {
    const { engine } = await this.engines.reached(node);
    return (await engine.list({ labels: {} })).map(({ imageId }) => plainId(imageId));
  }

  async disk(node: string): Promise<Disk | undefined> {
    const { engine, way } = await this.engines.reached(node);
    const root = this.roots.get(node) ?? (await engine.info()).rootDirectory;
    this.roots.set(node, root);
    return diskOver(this.parts.ssh, way.target, root);
  }

  async remove(node: string, image: string): Promise<boolean> {
    return (await this.engines.reached(node)).engine.removeImage(image);
  }
}

/** Podman leaves the algorithm out where Docker writes it. */
const plainId = (id: string): string => id.replace(/^sha256:/, '');
