import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, fetch, type RequestInit, type Response } from 'undici';
import { z } from 'zod';
import { EngineAnswer } from './engine-error.js';
import type { Image } from './images.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

const authSchema = z.object({ username: z.string().default(''), password: z.string().default('') });
const manifestSchema = z.object({ config: z.object({ digest: z.string() }) });
const configSchema = z.object({
  config: z.object({ Labels: z.record(z.string(), z.string()).default({}) }),
});

/** Where an image is in its registry. */
interface Place {
  readonly host: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
}

interface Pulled {
  readonly image: Image;
  readonly digest: string;
}

const digestOf = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function placeOf(ref: string): Place {
  const slash = ref.indexOf('/');
  const host = ref.slice(0, slash);
  if (slash < 0 || !/[.:]/.test(host))
    throw new EngineAnswer(
      500,
      `Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host`,
    );
  const rest = ref.slice(slash + 1);
  const at = rest.includes('@') ? rest.indexOf('@') : rest.lastIndexOf(':');
  return { host, repository: rest.slice(0, at), reference: rest.slice(at + 1) };
}

/**
 * Images of no layers in a real registry: what one simulated engine pushes another pulls, and whoever asks the
 * registry gets the truth.
 */
export class RegistryClient {
  private readonly dispatcher: Agent;

  constructor(caFile: string | undefined) {
    this.dispatcher = new Agent({ connect: { ca: caFile && readFileSync(caFile, 'utf8') } });
  }

  /** @returns the manifest's digest */
  async push(ref: string, image: Image, auth: string | undefined): Promise<{ digest: string; size: number }> {
    const { host, repository, reference } = placeOf(ref);
    const base = `https://${host}/v2/${repository}`;
    const config = JSON.stringify({
      ...{ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
      config: { Labels: image.labels, Image: image.id },
    });
    const upload = await this.call(`${base}/blobs/uploads/`, auth, { method: 'POST' });
    const location = new URL(upload.headers.get('location') ?? '', `https://${host}`);
    location.searchParams.set('digest', digestOf(config));
    await this.call(location.href, auth, { method: 'PUT', body: config });
    const manifest = JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST, layers: [] },
      config: { mediaType: CONFIG, size: Buffer.byteLength(config), digest: digestOf(config) },
    });
    const headers = { 'content-type': MANIFEST };
    await this.call(`${base}/manifests/${reference}`, auth, { method: 'PUT', body: manifest, headers });
    return { digest: digestOf(manifest), size: Buffer.byteLength(manifest) };
  }

  async pull(ref: string, auth: string | undefined): Promise<Pulled> {
    const { host, repository, reference } = placeOf(ref);
    const base = `https://${host}/v2/${repository}`;
    const options = { method: 'GET', headers: { accept: MANIFEST } };
    const text = await (await this.call(`${base}/manifests/${reference}`, auth, options, ref)).text();
    const { config } = manifestSchema.parse(JSON.parse(text));
    const read = configSchema.parse(
      await (await this.call(`${base}/blobs/${config.digest}`, auth, { method: 'GET' })).json(),
    );
    return { image: { id: config.digest, labels: read.config.Labels }, digest: digestOf(text) };
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }

  /** Throws with the sentences of the real engine, which are all that tells its failures apart. */
  private async call(
    url: string,
    auth: string | undefined,
    options: RequestInit,
    ref = url,
  ): Promise<Response> {
    const { username, password } = authSchema.parse(
      JSON.parse(Buffer.from(auth ?? 'e30=', 'base64').toString() || '{}'),
    );
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    const authorization: Record<string, string> = username === '' ? {} : { authorization: `Basic ${basic}` };
    const headers = { ...(options.headers as Record<string, string>), ...authorization };
    const response = await fetch(url, { ...options, headers, dispatcher: this.dispatcher }).catch(
      (error: Error) => {
        const why = error.cause instanceof Error ? error.cause.message : error.message;
        throw new EngineAnswer(
          500,
          `${options.method} "${url}": dial tcp: connect: connection refused (${why})`,
        );
      },
    );
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403)
      throw new EngineAnswer(500, 'unauthorized: authentication required');
    if (response.status === 404)
      throw new EngineAnswer(404, `manifest for ${ref} not found: manifest unknown: manifest unknown`);
    throw new EngineAnswer(500, `received unexpected HTTP status: ${response.status} ${response.statusText}`);
  }
}
