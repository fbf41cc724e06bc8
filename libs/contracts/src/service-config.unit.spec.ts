import { describe, expect, it } from 'vitest';
import { fieldUsers } from './service-config.fields.js';
import { ConfigFileError, parseServiceConfig, serviceConfigSchema } from './service-config.js';
import { parse, problemsOf } from './service-config.testing.js';

const legacy = {
  language: 'python:3.10-alpine',
  workdir: '/app',
  port: '8000',
  command: 'python app.py --port 8000',
  packages_file_path: 'requirements.txt',
  package_installation_cmd: 'pip install -r requirements.txt',
};

describe('config.json', () => {
  it('fills the defaults', () => {
    expect(parse({ runtime: 'static', port: 8080 })).toEqual({
      runtime: 'static',
      port: 8080,
      env: {},
      resources: { cpu: 0.25, memoryMiB: 256 },
      replicas: 1,
      defaultReplicas: true,
      stop: { signal: 'SIGTERM', graceMs: 10_000 },
    });
  });

  it('knows whether the file names replicas, and takes no field that says so', () => {
    expect(parse({ runtime: 'static', port: 8080, replicas: 1 })).not.toHaveProperty('defaultReplicas');
    expect(problemsOf({ runtime: 'static', port: 8080, defaultReplicas: true })).toEqual([
      { field: 'defaultReplicas', expected: 'unknown field; check its spelling' },
    ]);
  });

  it('splits a command into words and leaves an array as it is: no shell reads it', () => {
    expect(parse({ runtime: 'node', port: 1, command: ' node  server.js --x' }).command).toEqual([
      'node',
      'server.js',
      '--x',
    ]);
    expect(parse({ runtime: 'node', port: 1, command: ['node', 'a b.js'] }).command).toEqual([
      'node',
      'a b.js',
    ]);
  });

  it('a quoted text in a command was cut at its spaces, in both forms', () => {
    const words = ['sh', '-c', 'python3 s1.py'];
    const command = 'sh -c "python3 s1.py"';
    const config = { runtime: 'python', port: 1, command, install: command, build: command };
    expect(parse(config)).toMatchObject({ command: words, install: words, build: words });
    expect(parse({ ...legacy, command, package_installation_cmd: command })).toMatchObject({
      command: words,
      install: words,
    });
  });

  it.each<[string, object, string]>([
    ['command', { runtime: 'node', port: 1 }, '["sh", "-c", "..."]'],
    ['install', { runtime: 'node', port: 1 }, '["sh", "-c", "..."]'],
    ['build', { runtime: 'node', port: 1 }, '["sh", "-c", "..."]'],
    ['command', legacy, "sh -c '...'"],
    ['package_installation_cmd', legacy, "sh -c '...'"],
  ])('what only a shell can read became an argument of %s: it is refused', (field, config, form) => {
    for (const text of ['hunter2 && b', 'hunter2 > b', 'a $hunter2', 'hunter2 *.py', "hunter2's"]) {
      const problems = problemsOf({ ...config, [field]: text });
      expect(problems).toEqual([{ field, expected: expect.stringContaining(form) as string }]);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });

  it('names every wrong field and what was expected', () => {
    const problems = problemsOf({
      runtime: 'Ruby 3',
      port: 70_000,
      replicas: 0,
      health: { path: 'up' },
      resources: { memory: 5 },
      command: 7,
      prot: 1,
    });
    expect(problems).toEqual([
      {
        field: 'runtime',
        expected: 'expected a runtime such as python, node, static, dockerfile or go',
      },
      { field: 'port', expected: 'expected at most 65535' },
      { field: 'command', expected: 'expected string, received number, or expected array, received number' },
      { field: 'health.path', expected: 'expected a path that begins with /, such as /health' },
      { field: 'resources.memory', expected: 'unknown field; is resources.memoryMiB meant?' },
      { field: 'replicas', expected: 'expected at least 1' },
      { field: 'prot', expected: 'unknown field; is port meant?' },
    ]);
  });

  it('names secrets by variable', () => {
    const secrets = { DATABASE_PASSWORD: 'orders-db-password', PGPASSWORD: 'orders-db-password' };
    expect(parse({ runtime: 'node', port: 1, secrets }).secrets).toEqual(secrets);
  });

  it('refuses a variable that is defined plainly and as a secret, and the one that is its port', () => {
    const secrets = { TOKEN: 'a', PORT: 'b', OTHER: 'c' };
    const problems = problemsOf({ runtime: 'node', port: 1, env: { TOKEN: 'plain' }, secrets });
    expect(problems.map(({ field }) => field)).toEqual(['secrets.TOKEN', 'secrets.PORT']);
    expect(JSON.stringify(problems)).not.toContain('plain');
  });

  it('refuses a variable that none can be called, and more secrets than a service may have', () => {
    expect(problemsOf({ runtime: 'node', port: 1, secrets: { 'A-B': 'a' } })).toHaveLength(1);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`S${n}`, 'a']));
    expect(problemsOf({ runtime: 'node', port: 1, secrets: many })).toMatchObject([{ field: 'secrets' }]);
  });

  it('does not repeat a value that stands in the place of the name of a secret', () => {
    const problems = problemsOf({ runtime: 'node', port: 1, secrets: { TOKEN: 'Hunter2!' } });
    expect(problems).toMatchObject([{ field: 'secrets.TOKEN' }]);
    expect(JSON.stringify(problems)).not.toContain('Hunter2');
  });

  it.each<[string, string, string]>([
    ['static', 'command', 'every runtime but static does'],
    ['dockerfile', 'install', 'every runtime but dockerfile and image does'],
    ['dockerfile', 'build', 'every runtime but dockerfile and image does'],
    ['dockerfile', 'version', 'every runtime but dockerfile and image does'],
    ['node', 'image', 'only image does'],
    ['node', 'output', 'only static does'],
    ['node', 'target', 'only dockerfile does'],
  ])(
    'case 17: a field that %s does not use was ignored without a word: %s is refused',
    (runtime, field, users) => {
      expect(problemsOf({ runtime, port: 1, [field]: 'hunter2' })).toEqual([
        { field, expected: `expected no such field: "${runtime}" does not use it, ${users}` },
      ]);
    },
  );

  it('case 17: takes each of these fields for the runtimes that use them', () => {
    const all = { port: 1, version: '3', command: 'a', install: 'b', build: 'c' };
    for (const runtime of ['python', 'node', 'go']) expect(problemsOf({ runtime, ...all })).toEqual([]);
    expect(problemsOf({ runtime: 'dockerfile', port: 1, command: 'a' })).toEqual([]);
    expect(problemsOf({ runtime: 'static', port: 1, version: '1.28' })).toEqual([]);
  });

  it('of the runtime image names the image, by any name that an engine takes, and nothing else', () => {
    const problems = (image?: string) => problemsOf({ runtime: 'image', port: 1, image });
    for (const image of [
      'nginx',
      'nginx:1.28',
      'r.example:5000/a/b_c:v1.0',
      `ghcr.io/a/b@sha256:${'0'.repeat(64)}`,
    ])
      expect(problems(image)).toEqual([]);
    for (const image of ['', 'Nginx', 'a b', 'a:', '-a', 'a/../b', 'a;b'])
      expect(problems(image)).toMatchObject([{ field: 'image' }]);
    expect(problems()).toEqual([{ field: 'image', expected: 'expected the image that is run' }]);
  });

  it('names users of fields that exist, and of no other', () => {
    expect(Object.keys(serviceConfigSchema.shape)).toEqual(expect.arrayContaining(Object.keys(fieldUsers)));
  });

  it('says that a field is missing', () => {
    expect(problemsOf({ runtime: 'static' })).toEqual([
      { field: 'port', expected: 'expected a port: a static site is given out by a web server' },
    ]);
  });

  it.each<readonly [string, object]>([
    ['env.GREETING', { env: { GREETING: 'hunter2\0' } }],
    ['env.GREETING', { env: { GREETING: 'hunter2\uD800' } }],
    ['health.path', { health: { path: '/hunter2\0' } }],
    ['health.path', { health: { path: '/hunter2\uD83D' } }],
    ['command', { command: 'hunter2 \0' }],
    ['command.1', { command: ['hunter2', '\uDC00'] }],
    ['install', { install: 'hunter2\0' }],
    ['build.0', { build: ['hunter2\0'] }],
    ['$schema', { $schema: 'hunter2\0' }],
  ])('a NUL or half a character made a task repeat until its deadline: %s is named', (field, part) => {
    const problems = problemsOf({ runtime: 'node', port: 1, ...part });
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it.each(['command', 'packages_file_path', 'package_installation_cmd'])(
    'a NUL in the older form made a task repeat until its deadline: %s is named',
    (field) => expect(problemsOf({ ...legacy, [field]: 'a\0' })).toMatchObject([{ field }]),
  );

  it('takes values of several lines, in variables and in words of a command', () => {
    const env = { KEY: '-----BEGIN-----\n\tü🚢\r\n' };
    const command = ['sh', '-c', 'a\nb'];
    expect(parse({ runtime: 'node', port: 1, env, command })).toMatchObject({ env, command });
  });

  it('refuses a path that no HTTP client can ask for', () => {
    for (const path of ['/a b', '/a#b', '/a\u0007', '/€'])
      expect(problemsOf({ runtime: 'node', port: 1, health: { path } })).toMatchObject([
        { field: 'health.path' },
      ]);
    expect(parse({ runtime: 'node', port: 1, health: { path: '/ü/{a}?b=c|d' } }).health?.path).toBe(
      '/ü/{a}?b=c|d',
    );
  });

  it('a file of any size went into each event of its task: it is refused beyond 256 KiB', () => {
    const file = (bytes: number) => ({ runtime: 'node', port: 1, env: { FILLER: 'ü'.repeat(bytes / 2) } });
    expect(problemsOf(file(200_000))).toEqual([]);
    expect(problemsOf(file(300_000))).toEqual([{ field: '', expected: 'expected at most 262144 bytes' }]);
  });

  it.each([
    ['not json', '{'],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseServiceConfig(text)).toThrow(ConfigFileError);
  });

  it('reads a file with a byte order mark', () => {
    expect(parseServiceConfig('\uFEFF{"runtime":"node","port":1}').port).toBe(1);
  });

  it('takes the older six-string form as it is', () => {
    expect(parse(legacy)).toMatchObject({
      runtime: 'python',
      port: 8000,
      command: ['python', 'app.py', '--port', '8000'],
      install: ['pip', 'install', '-r', 'requirements.txt'],
      legacy: { baseImage: 'python:3.10-alpine', workdir: '/app', packagesFile: 'requirements.txt' },
    });
  });

  it('replicas beside the six of the older form counted as a declared 1, which undid slipway scale', () => {
    expect(parse({ ...legacy, replicas: 3 })).toMatchObject({ replicas: 1, defaultReplicas: true });
  });

  it('names a missing or wrong field of the older form by its own name', () => {
    expect(problemsOf({ ...legacy, workdir: 'app', command: undefined }).map((p) => p.field)).toEqual([
      'workdir',
      'command',
    ]);
    expect(problemsOf({ ...legacy, port: '99999' }).map((p) => p.field)).toEqual(['port']);
  });
});

it.each([
  ['', 'expected an object in braces: it is empty'],
  ['\uFEFF \n', 'expected an object in braces: it is empty'],
  [
    Buffer.from('\uFEFF{"runtime":"static"}', 'utf16le').toString('utf8'),
    'expected UTF-8: it is saved as UTF-16, as PowerShell does; save it as UTF-8',
  ],
])('an empty file, or one of PowerShell, was no valid JSON at line 1: %j', (text, expected) => {
  expect(() => parseServiceConfig(text)).toThrow(expected);
});

it.each([
  [{ resources: { memory: '128M' } }, 'resources.memory: unknown field; is resources.memoryMiB meant?'],
  [{ memory: 256 }, 'memory: unknown field; is resources.memoryMiB meant?'],
  [{ health: { pth: '/' } }, 'health.pth: unknown field; is health.path meant?'],
  [{ m: 256 }, 'm: unknown field; check its spelling'],
  [{ resources: { disk: 1 } }, 'resources.disk: unknown field; check its spelling'],
  [{ health: '/health' }, 'health: expected an object such as { "path": "/health" }'],
  [{ resources: 256 }, 'resources: expected an object such as { "cpu": 0.5, "memoryMiB": 256 }'],
  [{ version: 3.13 }, 'version: expected a text such as "3.13"'],
  [{ volumes: ['/data'] }, 'volumes[0]: expected an object such as { "name": "data", "path": "/app/data" }'],
  [{ volumes: { a: '/a' } }, 'volumes: expected a list such as [{ "name": "data", "path": "/app/data" }]'],
])('the message named a type, or nothing that was meant: %j', (fields, message) => {
  expect(() => parseServiceConfig(JSON.stringify({ runtime: 'node', port: 1, ...fields }))).toThrow(message);
});
