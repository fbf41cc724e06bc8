import type { Step } from '../build-plan.js';

export const VENV = '/opt/venv';
export const PIP_CACHE = '/root/.cache/pip';

/** The virtual environment that a service of Python is installed into, first on its path. */
export const VIRTUAL_ENVIRONMENT = {
  setUp: [{ argv: ['python3', '-m', 'venv', VENV] }],
  env: { PATH: `${VENV}/bin:$PATH`, VIRTUAL_ENV: VENV, PYTHONUNBUFFERED: '1' },
} as const;

export type ToolName = 'uv' | 'poetry' | 'pdm' | 'pipenv';

interface Tool {
  /** Known to work with the commands that are run; a lock file of an older one is read by it too. */
  readonly version: string;
  /** What it needs beside itself, and does not ask for in so many words. */
  readonly needs: readonly string[];
  readonly cache: string;
  /** So that it installs into the virtual environment, and asks nothing. */
  readonly env: Readonly<Record<string, string>>;
  /** So that `uv run` and the like start the service, and install nothing. */
  readonly runEnv: Readonly<Record<string, string>>;
}

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  uv: {
    version: '0.13.9',
    needs: [],
    cache: '/root/.cache/uv',
    env: {
      UV_PROJECT_ENVIRONMENT: VENV,
      UV_PYTHON: `${VENV}/bin/python3`,
      UV_PYTHON_DOWNLOADS: 'never',
      UV_LINK_MODE: 'copy',
    },
    runEnv: { UV_NO_SYNC: '1' },
  },
  poetry: {
    version: '2.5.1',
    needs: ['poetry-plugin-export==1.10.1'],
    cache: '/root/.cache/pypoetry',
    env: { POETRY_NO_INTERACTION: '1' },
    runEnv: {},
  },
  pdm: {
    version: '2.29.4',
    needs: ['hishel[httpx2]<2'],
    cache: '/root/.cache/pdm',
    env: { PDM_CHECK_UPDATE: 'false', PDM_NON_INTERACTIVE: '1' },
    runEnv: {},
  },
  pipenv: {
    version: '2026.10.3',
    needs: [],
    cache: '/root/.cache/pipenv',
    env: { PIPENV_VERBOSITY: '-1', PIPENV_NOSPIN: '1', PIPENV_YES: '1' },
    runEnv: {},
  },
};

export const isTool = (name: string | undefined): name is ToolName =>
  name !== undefined && Object.hasOwn(TOOLS, name);

const placeOf = (name: ToolName): string => `/opt/${name}`;

/** Puts a tool where it shares nothing with the service: what it needs itself must not decide the service's versions. */
export const toolSteps = (name: ToolName): readonly Step[] => [
  { argv: ['python3', '-m', 'venv', placeOf(name)] },
  {
    argv: [
      `${placeOf(name)}/bin/pip`,
      'install',
      '--disable-pip-version-check',
      // A tool runs once: compiling all of it takes longer than what it then saves.
      '--no-compile',
      `${name}==${TOOLS[name].version}`,
      ...TOOLS[name].needs,
    ],
    cache: PIP_CACHE,
  },
];

/** Behind the virtual environment's on the path, so that `python` stays the service's. */
export const toolPaths = (names: readonly ToolName[]): string =>
  [`${VENV}/bin`, ...names.map((name) => `${placeOf(name)}/bin`), '$PATH'].join(':');
