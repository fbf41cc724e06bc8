import { createHash } from 'node:crypto';
import type { RegistryHttp } from '#libs/registry';

const TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';

export interface TestImage {
  readonly repository: string;
  readonly tag: string;
  /** In its config; images of one repository with the same time are the same image. */
  readonly created: Date;
}

/** Pushes an image without layers, by the distribution API alone; its digest. */
export async function pushTestImage(http: RegistryHttp, image: TestImage): Promise<string> {
  const { repository, tag, created } = image;
  const config = JSON.stringify({
    ...{ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] } },
    created: created.toISOString(),
  });
  const blob = { mediaType: CONFIG_TYPE, size: config.length, digest: digestOf(config) };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: TYPE, config: blob, layers: [] });
  const purpose = `push ${repository}`;
  const path = `/v2/${repository}/blobs/uploads/`;
  const begun = await http.request({ method: 'POST', path, purpose });
  const upload = new URL(begun.headers.get('location') ?? '', `https://${http.host}`);
  upload.searchParams.set('digest', blob.digest);
  const headers = { 'content-type': 'application/octet-stream' };
  await http.request({ method: 'PUT', path: upload.href, purpose, headers, body: config });
  const at = `/v2/${repository}/manifests/${tag}`;
  await http.request({ method: 'PUT', path: at, purpose, headers: { 'content-type': TYPE }, body: manifest });
  return digestOf(manifest);
}

const digestOf = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
