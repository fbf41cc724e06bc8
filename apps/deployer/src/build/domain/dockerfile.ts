import type { ServiceConfig } from '#libs/contracts';
import {
  type BuildPlan,
  INSTALL_GIT,
  portOf,
  type Site,
  type Step,
  type StepsPlan,
} from '#libs/source-detect';
import { never } from '../../task/domain/never.js';
import { type BaseImages, baseImageOf } from './base-image.js';
import { NGINX_CONF, nginxConf, SITE_ROOT } from './nginx-conf.js';
import { prepareSite, withoutScript } from './prepare-site.js';
import { withoutSecretScript, withSecrets } from './secret-script.js';

export interface WrittenDockerfile {
  readonly dockerfile: string;
  readonly extraFiles: Readonly<Record<string, string>>;
}

interface WritingParts {
  readonly config: ServiceConfig;
  readonly images: BaseImages;
  /** Whether the engine can keep a folder from one build to the next. */
  readonly cacheMounts: boolean;
}

/** Any number that no base image gives to somebody else. */
const USER = 10_001;
const OWNER = `${USER}:${USER}`;
const HOME = '/home/slipway';

/**
 * Gives the user of the service a name, a home and its working folder, whatever the base image is made of. A fixed text
 * with the folder as an argument: nothing of the source reaches the shell.
 */
const MAKE_USER = `\
grep -q '^[^:]*:[^:]*:${USER}:' /etc/passwd || echo 'slipway:x:${OWNER}::${HOME}:/bin/sh' >> /etc/passwd; \
grep -q '^[^:]*:[^:]*:${USER}:' /etc/group || echo 'slipway:x:${USER}:' >> /etc/group; \
mkdir -p ${HOME} "$1" && chown ${OWNER} ${HOME} "$1"`.replaceAll('\\\n', '');

/** Runs a build, then gives the service what it made, without a second layer for it. */
const BUILD_AND_OWN = `"$@" && find . -name node_modules -prune -o -user 0 -exec chown -h ${OWNER} {} +`;

/** Inside a text of JSON. */
const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);

/** Scripts of ours, as engines show them: quoted or as they are; and what is said instead. */
const OWN_SCRIPTS: readonly (readonly [shown: string, instead: string])[] = [
  ...[BUILD_AND_OWN, quoted(BUILD_AND_OWN)].map((script) => [`["sh","-c","${script}","sh",`, '['] as const),
  [`sh -c ${BUILD_AND_OWN} sh `, ''],
  ...[quoted(MAKE_USER), MAKE_USER].map((script) => [script, 'make the user of the service'] as const),
  ...[quoted(INSTALL_GIT), INSTALL_GIT].map((script) => [script, 'install git'] as const),
];

/** What an engine says of a step, with the step as config.json has it. */
export const asWritten = (said: string): string =>
  withoutScript(
    OWN_SCRIPTS.reduce(
      (text, [shown, instead]) => text.replaceAll(shown, instead),
      withoutSecretScript(said),
    ),
  );

/** Exec form: a JSON array reaches the program as it is; no shell reads it. */
const execForm = (argv: readonly string[]): string => JSON.stringify(argv);

const shellForm = (script: string, argv: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  script,
  'sh',
  ...argv,
];

/** Where the engine's own Dockerfile frontend is older than the mount option `env`, a step reads the file itself. */
function runLine({ argv, cache }: Step, secrets: readonly string[], cacheMounts: boolean): string {
  const mounts = [
    ...secrets.map((id) => `--mount=type=secret,id=${id},required=true`),
    ...(cache === undefined || !cacheMounts ? [] : [`--mount=type=cache,target=${cache}`]),
  ];
  const command = secrets.length === 0 ? argv : shellForm(withSecrets(secrets), argv);
  return ['RUN', ...mounts, execForm(command)].join(' ');
}

/** A value with `$` in it would be taken for a variable of the build. */
const envLine = ([name, value]: readonly [string, string]): string =>
  `ENV ${name}=${JSON.stringify(value).replaceAll('$', '\\$')}`;

/** Of a plan: `$PATH` is meant. A folder of the source may be in it, which may have any name. */
const ownEnvLine = ([name, value]: readonly [string, string]): string =>
  `ENV ${name}=${/[\s"'\\]/.test(value) ? JSON.stringify(value) : value}`;

/** COPY takes other names for patterns, variables or quotes. */
const isPlainPath = (path: string): boolean => /^[\w@.+/ -]+$/.test(path);

/** Manifests keep their folders: one COPY for each. */
function copyLines(manifests: readonly string[]): readonly string[] {
  const byFolder = Map.groupBy(manifests, (path) => path.slice(0, path.lastIndexOf('/') + 1));
  return [...byFolder].map(([folder, paths]) => `COPY ${execForm([...paths, `./${folder}`])}`);
}

/** For those who run the image elsewhere: Slipway's own probes come from outside. */
function healthOf({ port, health }: ServiceConfig, runtime: string | undefined): readonly string[] {
  const script = runtime === undefined ? undefined : HEALTH_SCRIPTS[runtime];
  if (health === undefined) return [];
  const { path, headers, scheme, statuses, command, timeoutMs } = health;
  // The scripts ask for a path, and no more.
  const isPlain = headers === undefined && scheme !== 'https' && statuses === undefined;
  const asks =
    port !== undefined && path !== undefined && script !== undefined && isPlain
      ? [...script, `http://127.0.0.1:${port}${path}`]
      : undefined;
  const check = command ?? asks;
  if (check === undefined) return [];
  const seconds = Math.ceil(timeoutMs / 1000);
  return [`HEALTHCHECK --interval=10s --timeout=${seconds}s CMD ${execForm(check)}`];
}

/** A new volume takes over who owns the folder in the image. */
const MAKE_FOLDERS = `mkdir -p "$@" && chown ${OWNER} "$@"`;

const volumeLines = ({ volumes = [] }: ServiceConfig): readonly string[] =>
  volumes.length === 0
    ? []
    : [
        `RUN ${execForm(
          shellForm(
            MAKE_FOLDERS,
            volumes.map(({ path }) => path),
          ),
        )}`,
      ];

const exposeLines = ({ port }: ServiceConfig): readonly string[] =>
  port === undefined ? [] : [`EXPOSE ${port}`];

const HEALTH_SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  python: ['python3', '-c', 'import sys,urllib.request;urllib.request.urlopen(sys.argv[1])'],
  node: ['node', '-e', 'fetch(process.argv[1]).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))'],
};

const written = (
  lines: readonly string[],
  extraFiles: WrittenDockerfile['extraFiles'] = {},
): WrittenDockerfile => ({ dockerfile: `${lines.join('\n')}\n`, extraFiles });

/** Until the source is built, and what only the build needed is gone. */
function buildLines(plan: StepsPlan, { config, images, cacheMounts }: WritingParts): readonly string[] {
  const run = (step: Step): string => runLine(step, plan.secrets, cacheMounts);
  const source = `COPY --chown=${OWNER} . ./`;
  const install = plan.install.map(run);
  const build = plan.build.map(({ argv, ...step }) => run({ ...step, argv: shellForm(BUILD_AND_OWN, argv) }));
  const arePlain = plan.manifests.every(isPlainPath);
  return [
    `FROM ${baseImageOf(plan.base, images)}${plan.site === undefined ? '' : ' AS files'}`,
    // An image of anybody may run as another user.
    ...('image' in plan.base ? ['USER 0'] : []),
    `WORKDIR ${plan.workdir}`,
    `RUN ${execForm(shellForm(MAKE_USER, [plan.workdir]))}`,
    ...volumeLines(config),
    ...plan.setUp.map(run),
    ...Object.entries(plan.env).map(ownEnvLine),
    ...(arePlain ? copyLines(plan.manifests) : []),
    ...(plan.installNeedsSource || !arePlain ? [source, ...install] : [...install, source]),
    ...(build.length === 0 ? [] : Object.entries(config.env).map(envLine)),
    ...build,
    ...plan.prune.map(run),
  ];
}

function stepsDockerfile(plan: StepsPlan, parts: WritingParts): WrittenDockerfile {
  const { config } = parts;
  return written([
    ...buildLines(plan, parts),
    ...Object.entries(plan.runEnv).map(ownEnvLine),
    `USER ${OWNER}`,
    ...exposeLines(config),
    ...healthOf(config, 'runtime' in plan.base ? plan.base.runtime : config.runtime),
    // The first deployer's services replaced the image's own.
    ...('image' in plan.base ? ['ENTRYPOINT []'] : []),
    ...(plan.command === undefined ? [] : [`CMD ${execForm(plan.command)}`]),
  ]);
}

/** The files are made in a stage of their own: neither tools nor sources are in what serves them. */
function siteDockerfile(plan: StepsPlan, site: Site, parts: WritingParts): WrittenDockerfile {
  const { config, images } = parts;
  const isBuilt = plan.install.length > 0 || plan.build.length > 0;
  const files = isBuilt
    ? buildLines({ ...plan, prune: [] }, parts)
    : [`FROM ${baseImageOf(plan.base, images)} AS files`, `WORKDIR ${plan.workdir}`, 'COPY . ./'];
  const folder = site.folder === '.' ? plan.workdir : `${plan.workdir}/${site.folder}`;
  const port = portOf(config);
  const lines = [
    ...files,
    `RUN ${execForm(shellForm(prepareSite(site, isBuilt), [site.folder]))}`,
    `FROM ${baseImageOf(site.base, images)}`,
    `COPY --from=files ${execForm([`${folder}/`, `${SITE_ROOT}/`])}`,
    `COPY ${execForm([NGINX_CONF, '/etc/slipway/nginx.conf'])}`,
    `USER ${OWNER}`,
    `EXPOSE ${port}`,
    `CMD ${execForm(['nginx', '-c', '/etc/slipway/nginx.conf', '-g', 'daemon off;'])}`,
  ];
  return written(lines, { [NGINX_CONF]: nginxConf({ ...config, port }) });
}

/**
 * The Dockerfile of a service. Pure.
 * @throws StepError RUNTIME_UNKNOWN when no base image has the runtime in its version
 * @returns undefined where the source brings its own
 */
export function writeDockerfile(plan: BuildPlan, parts: WritingParts): WrittenDockerfile | undefined {
  switch (plan.kind) {
    case 'steps':
      return plan.site === undefined ? stepsDockerfile(plan, parts) : siteDockerfile(plan, plan.site, parts);
    case 'dockerfile':
    case 'image':
      return undefined;
    default:
      return never(plan);
  }
}
