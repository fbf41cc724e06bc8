import { uniqueName } from '#libs/testing';
import { greeter } from '../e2e/client.js';
import { RunningCommand } from '../e2e/command.js';
import type { Mode } from './cases.js';
import { type Asked, deploy, type Requests, scale } from './requests.js';
import { ELSEWHERE_MARK, REFUSED_MARK } from './steering.js';

/** An application that stands where a case is to begin. */
export interface Scene {
  readonly appId: string;
  readonly request: Asked;
  /** How its token begins. */
  readonly mark?: string;
}

/** Brings an application to where the mode's request means what the mode is about; the same one for each next case. */
type Scenario = (requests: Requests) => () => Promise<Scene>;

let versions = 0;
const nextVersion = (): string => `version ${(versions += 1)}`;
const QUICK = {
  ...{ stop: { graceMs: 500, drainMs: 0 }, resources: { cpu: 0.1, memoryMiB: 48 } },
  health: { path: '/', stableMs: 300 },
};
const fails = (): Record<string, string> => ({
  ...greeter('', QUICK),
  'server.js': `process.exit(3); // ${nextVersion()}`,
});

/** One application for all cases; `first` once, `each` before every case. */
function onOneApp(
  request: Asked,
  first: (requests: Requests, appId: string) => Promise<unknown>,
  each: (requests: Requests, appId: string) => Promise<unknown> = () => Promise.resolve(),
  mark?: string,
): Scenario {
  return (requests) => {
    const appId = uniqueName('crash');
    let prepared: Promise<unknown> | undefined;
    return async () => {
      await (prepared ??= first(requests, appId));
      await each(requests, appId);
      return { appId, request, mark };
    };
  };
}

const push = (requests: Requests, appId: string, config: object = {}): Promise<void> =>
  requests.push(appId, nextVersion(), { ...QUICK, ...config });
const run = (requests: Requests, appId: string): Promise<unknown> => requests.ask(deploy('run'), appId);
async function launch(requests: Requests, appId: string, config?: object): Promise<void> {
  await push(requests, appId, config);
  await requests.ask(deploy('build-and-run'), appId);
}
async function setSecret(appId: string): Promise<void> {
  const { ended } = new RunningCommand(['secret', 'set', appId, 'password'], process.env, 'a value');
  const { code, err } = await ended;
  if (code !== 0) throw new Error(err);
}
const TWO = { replicas: 2 };

const share = (release: string | undefined, percent: number): Asked =>
  scale({ canary: { release, percent } });
const tenPercent = (release: string | undefined): Asked => share(release, 10);
/** Builds what was pushed, and runs nothing of it; the id of the release. */
async function built(requests: Requests, appId: string): Promise<string | undefined> {
  const reply = await requests.ask(deploy('build'), appId);
  return 'services' in reply ? reply.services[0]?.release : undefined;
}

export const scenarios: Readonly<Record<Mode, Scenario>> = {
  'build-and-run, first launch': (requests) => async () => {
    const appId = uniqueName('crash');
    await push(requests, appId);
    return { appId, request: deploy('build-and-run') };
  },
  'build-and-run, with a secret': onOneApp(
    deploy('build-and-run'),
    (_requests, appId) => setSecret(appId),
    (requests, appId) => push(requests, appId, { secrets: { PASSWORD: 'password' } }),
  ),
  'build-and-run, with a route': onOneApp(
    deploy('build-and-run'),
    () => Promise.resolve(),
    (requests, appId) => push(requests, appId, { routes: [{ host: `${appId}.example.test` }] }),
  ),
  'build-and-run, with a release command': onOneApp(deploy('build-and-run'), launch, (requests, appId) =>
    push(requests, appId, { release: ['node', '-e', 'console.log("migrated")'] }),
  ),
  'build-and-run, replacement': onOneApp(deploy('build-and-run'), launch, push),
  'build-and-run that fails': onOneApp(deploy('build-and-run'), launch, (requests, appId) =>
    requests.pushFiles(appId, fails()),
  ),
  'build-and-run that is reverted': onOneApp(
    deploy('build-and-run'),
    (requests, appId) => launch(requests, appId, TWO),
    (requests, appId) => push(requests, appId, TWO),
    REFUSED_MARK,
  ),
  build: onOneApp(deploy('build'), () => Promise.resolve(), push),
  run: onOneApp(
    deploy('run'),
    async (requests, appId) => {
      await push(requests, appId);
      await requests.ask(deploy('build'), appId);
    },
    (requests, appId) => requests.ask(deploy('stop'), appId),
  ),
  'run, where the image is missing': onOneApp(
    deploy('run'),
    launch, // Each run takes a newer release than was wanted before, and says so; also the first.
    async (requests, appId) => {
      await push(requests, appId);
      await requests.ask(deploy('build'), appId);
      await requests.ask(deploy('stop'), appId);
    },
  ),
  'run, where a start fails on its node': onOneApp(
    deploy('run'),
    launch,
    (requests, appId) => requests.ask(deploy('stop'), appId),
    ELSEWHERE_MARK,
  ),
  stop: onOneApp(deploy('stop'), launch, run),
  'stop, after another service': onOneApp(
    { kind: 'deployment', mode: 'stop', services: [{ name: 'web', dependsOn: ['base'] }, { name: 'base' }] },
    () => Promise.resolve(),
  ),
  rollback: onOneApp(deploy('rollback'), async (requests, appId) => {
    await launch(requests, appId);
    await launch(requests, appId);
  }),
  'scale up': onOneApp(scale({ by: 1 }), launch, (requests, appId) => requests.ask(scale({ to: 1 }), appId)),
  'scale down': onOneApp(scale({ by: -1 }), launch, (requests, appId) =>
    requests.ask(scale({ to: 2 }), appId),
  ),
  'canary, in place of another': (requests) => {
    const appId = uniqueName('crash');
    const prepare = async () => {
      await launch(requests, appId);
      await push(requests, appId);
      const first = await built(requests, appId);
      await push(requests, appId);
      return { first, second: await built(requests, appId) };
    };
    let prepared: ReturnType<typeof prepare> | undefined;
    return async () => {
      const { first, second } = await (prepared ??= prepare());
      await requests.ask(tenPercent(first), appId);
      return { appId, request: tenPercent(second) };
    };
  },
  'canary that fails': (requests) => {
    const appId = uniqueName('crash');
    const prepare = async () => {
      await launch(requests, appId);
      await requests.pushFiles(appId, fails());
      return built(requests, appId);
    };
    let prepared: ReturnType<typeof prepare> | undefined;
    return async () => ({ appId, request: tenPercent(await (prepared ??= prepare())) });
  },
  'canary that is taken away': (requests) => {
    const appId = uniqueName('crash');
    const prepare = async () => {
      await launch(requests, appId);
      await push(requests, appId);
      return built(requests, appId);
    };
    let prepared: ReturnType<typeof prepare> | undefined;
    return async () => {
      const release = await (prepared ??= prepare());
      await requests.ask(tenPercent(release), appId);
      return { appId, request: share(release, 0) };
    };
  },
  // Each next case tries another release than what runs by then.
  'canary that gets all requests': (requests) => {
    const appId = uniqueName('crash');
    let prepared: Promise<void> | undefined;
    return async () => {
      await (prepared ??= launch(requests, appId));
      await push(requests, appId);
      const release = await built(requests, appId);
      await requests.ask(tenPercent(release), appId);
      return { appId, request: share(release, 100) };
    };
  },
};
