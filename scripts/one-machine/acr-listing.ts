/** What the registry behind has: the distribution API's own answers, asked for with every right. */
export type Backend = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;

/** One answer of `/acr/v1`. */
export interface AcrAnswer {
  readonly status: number;
  readonly body: object;
  /** Where the listing goes on. */
  readonly next?: string;
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DEFAULT_PAGE = 100;

const notFound = (code: string, name: string): AcrAnswer => ({
  status: 404,
  body: { errors: [{ code, message: `${name} is not found` }] },
});

/** `GET /acr/v1/_catalog` */
export async function catalog(backend: Backend, query: URLSearchParams): Promise<AcrAnswer> {
  const all = (await (await backend('/v2/_catalog?n=1000')).json()) as { repositories: string[] };
  const { page, next } = pageOf(all.repositories, '/acr/v1/_catalog', query);
  return { status: 200, body: { repositories: page }, next };
}

/** The names of a repository's tags, as ACR pages them for `/v2/NAME/tags/list` too; undefined when there is none. */
export async function tagNames(backend: Backend, name: string): Promise<readonly string[] | undefined> {
  const response = await backend(`/v2/${name}/tags/list`);
  return response.ok ? (((await response.json()) as { tags: string[] | null }).tags ?? []) : undefined;
}

/** `GET /acr/v1/NAME/_tags` */
export async function tags(backend: Backend, name: string, query: URLSearchParams): Promise<AcrAnswer> {
  const names = await tagNames(backend, name);
  if (names === undefined || names.length === 0) return notFound('NAME_UNKNOWN', name);
  const { page, next } = pageOf(names, `/acr/v1/${name}/_tags`, query);
  const found = await Promise.all(page.map((tag) => tagAttributes(backend, name, tag)));
  return { status: 200, body: { imageName: name, tags: found.filter((tag) => tag !== undefined) }, next };
}

/** `GET /acr/v1/NAME/_tags/TAG` */
export async function tag(backend: Backend, name: string, reference: string): Promise<AcrAnswer> {
  const found = await tagAttributes(backend, name, reference);
  if (found === undefined) return notFound('TAG_UNKNOWN', `${name}:${reference}`);
  return { status: 200, body: { imageName: name, tag: found } };
}

async function tagAttributes(backend: Backend, name: string, reference: string): Promise<object | undefined> {
  const response = await backend(`/v2/${name}/manifests/${reference}`, { accept: MANIFEST });
  if (!response.ok) return undefined;
  const { config } = (await response.json()) as { config: { digest: string } };
  const { created } = (await (await backend(`/v2/${name}/blobs/${config.digest}`)).json()) as {
    created: string;
  };
  const times = { createdTime: created, lastUpdateTime: created };
  const digest = response.headers.get('docker-content-digest');
  const changeableAttributes = {
    deleteEnabled: true,
    writeEnabled: true,
    readEnabled: true,
    listEnabled: true,
  };
  return { name: reference, digest, ...times, signed: false, changeableAttributes };
}

/** The entries after `last`, `n` at most, and where the next ones are. */
export function pageOf(
  all: readonly string[],
  path: string,
  query: URLSearchParams,
): { readonly page: readonly string[]; readonly next?: string } {
  const last = query.get('last') ?? '';
  const size = Number(query.get('n') ?? DEFAULT_PAGE);
  const rest = [...all].sort().filter((name) => name > last);
  const page = rest.slice(0, size);
  if (rest.length <= size) return { page };
  return { page, next: `${path}?${new URLSearchParams({ last: page.at(-1) ?? '', n: String(size) })}` };
}
