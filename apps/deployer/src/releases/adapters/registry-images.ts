import { type ImageRegistry, RegistryError } from '#libs/registry';
import type { RegistryImages } from '../ports.js';

/** The images of one registry, by the names that releases have for them. */
export class OwnRegistryImages implements RegistryImages {
  private readonly prefix: string;

  constructor(private readonly registry: ImageRegistry) {
    this.prefix = `${registry.host}/`;
  }

  holds(image: string): boolean {
    return image.startsWith(this.prefix) && image.includes('@sha256:');
  }

  async delete(image: string): Promise<void> {
    const at = image.lastIndexOf('@');
    await this.registry.deleteImage(image.slice(this.prefix.length, at), image.slice(at + 1));
  }

  isDown(error: unknown): boolean {
    return error instanceof RegistryError && error.code === 'REGISTRY_UNREACHABLE';
  }
}
