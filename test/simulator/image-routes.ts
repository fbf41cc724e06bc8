import { build } from './build.js';
import { type Call, empty, json, jsonStream, type Route } from './call.js';
import type { Containers } from './containers.js';
import { EngineAnswer, notSimulated } from './engine-error.js';
import type { Images, ListedImage } from './images.js';
import { labelFilters } from './label-filters.js';
import type { RegistryClient } from './registry-client.js';

interface ImageParts {
  readonly images: Images;
  readonly containers: Containers;
  readonly registry: RegistryClient;
}

/** dockerode sends its own options along, empty. */
const CLIENTS_OWN = ['abortSignal', 'authconfig'];
const BUILD_QUERY = [
  ...CLIENTS_OWN,
  't',
  'labels',
  'buildargs',
  'dockerfile',
  'networkmode',
  'rm',
  'forcerm',
  'version',
  'session',
];

/** Every call about images that libs/engine makes, and the list that tests read. */
export function imageRoutes(parts: ImageParts): readonly Route[] {
  const { images } = parts;
  // Names have slashes.
  const at = (action: string): RegExp => new RegExp(`^/images/(.+)${action}$`);
  return [
    {
      ...{ name: 'images.list', method: 'GET', path: /^\/images\/json$/, query: ['filters'] },
      handle({ response, query }) {
        const { label } = labelFilters(query);
        json(response, 200, images.list(label).map(listed));
      },
    },
    {
      ...{
        name: 'images.pull',
        method: 'POST',
        path: /^\/images\/create$/,
        query: [...CLIENTS_OWN, 'fromImage', 'tag'],
      },
      handle: (call) => pull(parts, call),
    },
    {
      ...{ name: 'images.inspect', method: 'GET', path: at('/json'), query: [] },
      handle({ subject, response }) {
        const image = images.get(subject);
        json(response, 200, {
          Id: image.id,
          RepoTags: images.namesOf(image),
          Config: { Labels: image.labels },
          RootFS: { Type: 'layers', Layers: [] },
        });
      },
    },
    {
      ...{ name: 'images.push', method: 'POST', path: at('/push'), query: [...CLIENTS_OWN, 'tag'] },
      handle: (call) => push(parts, call),
    },
    {
      ...{ name: 'images.tag', method: 'POST', path: at('/tag'), query: ['repo', 'tag'] },
      handle({ subject, query, response }) {
        images.add(images.get(subject), `${query.get('repo')}:${query.get('tag') ?? 'latest'}`);
        empty(response, 201);
      },
    },
    {
      ...{ name: 'images.remove', method: 'DELETE', path: /^\/images\/(.+)$/, query: [] },
      handle({ subject, response }) {
        json(
          response,
          200,
          images.remove(subject, (image) => assertFree(parts.containers, image.id)),
        );
      },
    },
    {
      // An image that loses its last name is gone here, and builds keep no cache.
      ...{ name: 'images.prune', method: 'POST', path: /^\/images\/prune$/, query: ['filters'] },
      handle: ({ response }) => json(response, 200, { ImagesDeleted: null, SpaceReclaimed: 0 }),
    },
    {
      ...{
        name: 'build.prune',
        method: 'POST',
        path: /^\/build\/prune$/,
        query: ['all', 'keep-storage', 'reserved-space'],
      },
      handle: ({ response }) => json(response, 200, { CachesDeleted: null, SpaceReclaimed: 0 }),
    },
    {
      ...{ name: 'build', method: 'POST', path: /^\/build$/, query: BUILD_QUERY },
      handle: ({ request, response, query }) => {
        const pairs = (name: string): Record<string, string> =>
          JSON.parse(query.get(name) || '{}') as Record<string, string>;
        const options = {
          ...{ tag: query.get('t') ?? '', labels: pairs('labels'), buildArgs: pairs('buildargs') },
          dockerfile: query.get('dockerfile') || 'Dockerfile',
          buildKit: query.get('version') === '2',
        };
        return jsonStream(response, build(images, request, options));
      },
    },
  ];
}

function assertFree(containers: Containers, imageId: string): void {
  const user = containers.uses(imageId);
  if (user !== undefined)
    throw new EngineAnswer(
      409,
      `conflict: unable to remove repository reference (must force) - container ${user.id} is using its referenced image`,
    );
}

const authOf = ({ request }: Call): string | undefined =>
  request.headers['x-registry-auth'] as string | undefined;

/** What is wrong before anything moved has a status of its own. */
async function pull({ images, registry }: ImageParts, call: Call): Promise<void> {
  const from = call.query.get('fromImage');
  if (!from) throw notSimulated('a pull without fromImage');
  const tag = call.query.get('tag');
  const ref = !tag ? from : `${from}${tag.includes(':') ? '@' : ':'}${tag}`;
  const { image, digest } = await registry.pull(ref, authOf(call));
  const repository = ref.replace(/(?:@.*|:[^/:]*)$/, '');
  images.add(image, ref, `${repository}@${digest}`);
  await jsonStream(
    call.response,
    (async function* () {
      await Promise.resolve();
      yield { status: `Pulling from ${repository}`, id: tag ?? 'latest' };
      yield { status: `Digest: ${digest}` };
      yield { status: `Status: Downloaded newer image for ${ref}` };
    })(),
  );
}

/** What is wrong comes as a line of the stream, as from the engine. */
function push({ images, registry }: ImageParts, call: Call): Promise<void> {
  const tag = call.query.get('tag');
  const ref = tag ? `${call.subject}:${tag}` : call.subject;
  return jsonStream(
    call.response,
    (async function* () {
      yield { status: `The push refers to repository [${call.subject}]` };
      const image = images.find(ref);
      if (image === undefined)
        throw new EngineAnswer(404, `An image does not exist locally with the tag: ${call.subject}`);
      const { digest, size } = await registry.push(ref, image, authOf(call));
      images.add(image, `${ref.replace(/:[^/:]*$/, '')}@${digest}`);
      yield { status: `${tag}: digest: ${digest} size: ${size}` };
      yield { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } };
    })(),
  );
}

function listed({ image, names, createdAt }: ListedImage): object {
  return {
    Id: image.id,
    Created: Math.floor(createdAt / 1000),
    RepoTags: names.filter((name) => !name.includes('@')),
    RepoDigests: names.filter((name) => name.includes('@')),
    Size: 0,
    Labels: image.labels,
  };
}
