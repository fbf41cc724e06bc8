import type { ServiceConfig } from '#libs/contracts';
import { never } from '../../task/domain/never.js';
import { StepError } from '../../task/domain/task-error.js';

export interface BaseImages {
  /** By runtime, `python`, or by runtime and version, `python:3.12`. */
  readonly byRuntime: Readonly<Record<string, string>>;
  /** For the older form: the image to use where `language` begins so. */
  readonly legacy: Readonly<Record<string, string>>;
}

export interface WrittenDockerfile {
  readonly dockerfile: string;
  readonly extraFiles: Readonly<Record<string, string>>;
}

/** Any number that no base image gives to somebody else. */
const USER = 10_001;
const VENV = '/opt/venv';

/** Exec form: a JSON array reaches the program as it is; no shell reads it. */
const execForm = (argv: readonly string[]): string => JSON.stringify(argv);

function run(argv: readonly string[], cache: string | undefined): string {
  return cache === undefined
    ? `RUN ${execForm(argv)}`
    : `RUN --mount=type=cache,target=${cache} ${execForm(argv)}`;
}

/** The files that say which dependencies there are; copied before the code, so that a change of code keeps their layer. */
const MANIFESTS: Readonly<Record<'python' | 'node', readonly string[]>> = {
  python: ['requirements.txt'],
  node: ['package.json', 'package-lock.json', 'npm-shrinkwrap.json'],
};

const CACHES: Readonly<Record<'python' | 'node', string>> = {
  python: '/root/.cache/pip',
  node: '/root/.npm',
};

function installOf(
  config: ServiceConfig,
  runtime: 'python' | 'node',
  manifests: readonly string[],
): readonly string[] | undefined {
  if (config.install !== undefined) return config.install;
  // The older form says itself what installs; it says nothing where there is nothing to install.
  if (config.legacy !== undefined || manifests.length === 0) return undefined;
  if (runtime === 'python')
    return ['pip', 'install', '--disable-pip-version-check', '-r', 'requirements.txt'];
  return manifests.length > 1 ? ['npm', 'ci', '--omit=dev'] : ['npm', 'install', '--omit=dev'];
}

function healthOf(config: ServiceConfig, runtime: 'python' | 'node'): string[] {
  if (config.health === undefined) return [];
  const url = `http://127.0.0.1:${config.port}${config.health.path}`;
  const script =
    runtime === 'python'
      ? ['python3', '-c', 'import sys,urllib.request;urllib.request.urlopen(sys.argv[1])', url]
      : ['node', '-e', 'fetch(process.argv[1]).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))', url];
  const seconds = Math.ceil(config.health.timeoutMs / 1000);
  return [`HEALTHCHECK --interval=10s --timeout=${seconds}s CMD ${execForm(script)}`];
}

/** `slipway/python:3.11` is version 3.11, and 3 too. */
function hasVersion(image: string, version: string): boolean {
  const tag = image.slice(image.lastIndexOf(':') + 1);
  return tag === version || tag.startsWith(`${version}.`) || tag.startsWith(`${version}-`);
}

function baseOf(config: ServiceConfig, { byRuntime, legacy }: BaseImages): string {
  if (config.legacy !== undefined) {
    const { baseImage } = config.legacy;
    const mapped = Object.entries(legacy).find(([prefix]) => baseImage.startsWith(prefix));
    return mapped?.[1] ?? baseImage;
  }
  const { runtime, version } = config;
  const image = (version && byRuntime[`${runtime}:${version}`]) ?? byRuntime[runtime];
  if (image !== undefined && (version === undefined || hasVersion(image, version))) return image;
  const known = Object.entries(byRuntime).filter(([key]) => key.split(':')[0] === runtime);
  const available = known.map(([key, name]) => `${key} (${name})`).join(', ') || 'none';
  throw new StepError({
    code: 'RUNTIME_UNKNOWN',
    message: `config.json: version: no base image has this version of ${runtime}; available: ${available}`,
    hint: `Leave version out, or add ${runtime}:VERSION=IMAGE to the deployer's BASE_IMAGES.`,
  });
}

function interpreted(
  config: ServiceConfig,
  runtime: 'python' | 'node',
  files: readonly string[],
  images: BaseImages,
  cacheMounts: boolean,
): WrittenDockerfile {
  const packages = config.legacy === undefined ? MANIFESTS[runtime] : [config.legacy.packagesFile];
  const manifests = packages.filter((file) => files.includes(file));
  const install = installOf(config, runtime, manifests);
  const cache = cacheMounts ? CACHES[runtime] : undefined;
  const lines = [
    `FROM ${baseOf(config, images)}`,
    `WORKDIR ${config.legacy?.workdir ?? '/app'}`,
    ...(runtime === 'python'
      ? [`RUN ${execForm(['python3', '-m', 'venv', VENV])}`, `ENV PATH=${VENV}/bin:$PATH PYTHONUNBUFFERED=1`]
      : ['ENV NODE_ENV=production']),
    ...(manifests.length > 0 ? [`COPY ${execForm([...manifests, './'])}`] : []),
    ...(install === undefined ? [] : [run(install, cache)]),
    `COPY --chown=${USER}:${USER} . ./`,
    ...(config.build === undefined ? [] : [run(config.build, cache)]),
    `USER ${USER}:${USER}`,
    `EXPOSE ${config.port}`,
    ...healthOf(config, runtime),
    ...(config.command === undefined ? [] : [`CMD ${execForm(config.command)}`]),
  ];
  return { dockerfile: `${lines.join('\n')}\n`, extraFiles: {} };
}

const NGINX_CONF = '.slipway/nginx.conf';

/** nginx as nobody in particular: everything that it writes lies in /tmp. */
function nginxConf(port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path /tmp/${name};`,
  );
  return `worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
${temporary.join('\n')}
  server {
    listen ${port};
    root /srv/site;
    location ~ /\\. { deny all; }
    location = /config.json { deny all; }
  }
}
`;
}

function site(config: ServiceConfig, images: BaseImages): WrittenDockerfile {
  const lines = [
    `FROM ${baseOf(config, images)}`,
    `COPY ${execForm([NGINX_CONF, '/etc/slipway/nginx.conf'])}`,
    `COPY . /srv/site/`,
    `USER ${USER}:${USER}`,
    `EXPOSE ${config.port}`,
    `CMD ${execForm(['nginx', '-c', '/etc/slipway/nginx.conf', '-g', 'daemon off;'])}`,
  ];
  return { dockerfile: `${lines.join('\n')}\n`, extraFiles: { [NGINX_CONF]: nginxConf(config.port) } };
}

/**
 * The Dockerfile of a service. Pure.
 * @param files names at the root of the source
 * @throws StepError RUNTIME_UNKNOWN when no base image has the version
 * @returns undefined for the runtime `dockerfile`, whose source brings its own
 */
export function writeDockerfile(
  config: ServiceConfig,
  files: readonly string[],
  images: BaseImages,
  { cacheMounts }: { readonly cacheMounts: boolean },
): WrittenDockerfile | undefined {
  switch (config.runtime) {
    case 'python':
    case 'node':
      return interpreted(config, config.runtime, files, images, cacheMounts);
    case 'static':
      return site(config, images);
    case 'dockerfile':
      return undefined;
    default:
      return never(config.runtime);
  }
}
