/** Why something failed, and what to change. Sentences without their full stop; `hint` is whole. */
export interface Cause {
  readonly cause: string;
  readonly hint: string;
  /** Instead of `hint`, where a build says it. */
  readonly hintInBuild?: string;
}

/** Words of a program, and what they mean. */
export interface Sign {
  readonly pattern: RegExp;
  /** `log` is all that was said. */
  readonly cause: (match: readonly string[], log: string) => Cause | undefined;
}

/** A cause, and at which character of the log its sign stands. */
export interface SeenCause extends Cause {
  readonly at: number;
}

const SHORT_NAME = 120;
export const short = (text: string, most = SHORT_NAME): string =>
  text.length > most ? `${text.slice(0, most)}…` : text;

const isFile = (module: string): boolean => /^(?:\.{0,2}\/|[A-Za-z]:\\)/.test(module);

/** What imports the file; undefined of one that nothing imports, which command names. */
const importerIn = (log: string): string | undefined =>
  /Cannot find (?:module|package) '[^']+' imported from ([^\s]+)/.exec(log)?.[1] ??
  /Require stack:\s*\n\s*-\s*(\S+)/.exec(log)?.[1];

function missingNodeModule([, module = '']: readonly string[], log: string): Cause {
  const name = short(module);
  const importer = importerIn(log);
  if (isFile(module) && importer !== undefined)
    return {
      cause: `The file ${name}, which ${short(importer)} imports, is not in the image`,
      hint: 'Correct the path in the import. On Linux capital letters count: lib/Util.js is not lib/util.js. If a build makes the file, set build.',
    };
  return isFile(module)
    ? {
        cause: `The file ${name} is not in the image`,
        hint: 'Correct the path in command. If a build makes the file, set build, such as "npm run build".',
      }
    : {
        cause: `The package ${name} is not installed`,
        hint: 'Add it to dependencies in package.json, not only to devDependencies, and renew the lock file. Or set install.',
      };
}

/** A variable that a program misses. Only the collection of static files stands in for secrets of the service. */
const missingVariable = (name: string, says: string, log: string): Cause => ({
  cause: `The environment variable ${short(name)} seems not to be set (${short(says)})`,
  hint: `Set ${short(name)} in env of config.json, or in secrets.`,
  ...(!log.includes('collectstatic') && {
    hintInBuild: `Set ${short(name)} in env of config.json, which a build sees; in args for a Dockerfile. If its value is secret, name it in buildSecrets: a build does not get secrets.`,
  }),
});

const NOT_WRITABLE =
  'The service runs as a user other than root. Write below its working folder, below $HOME or into /tmp.';

/** Of a path below the working folder; of what Slipway builds that is the service's own. */
const NOT_WRITABLE_HERE =
  'Its working folder belongs to another user. In the Dockerfile, set a WORKDIR and give it to the user of the service (chown); or name workdir or user in config.json.';

/**
 * What programs say when they fail, in their own words, and what that means. The first that matches counts, so the
 * surer ones stand first.
 */
const SIGNS: readonly Sign[] = [
  {
    pattern:
      /JavaScript heap out of memory|Perhaps out of memory\?|\bMemoryError\b|java\.lang\.OutOfMemoryError/,
    cause: () => ({
      cause: 'It ran out of memory',
      hint: 'Raise resources.memoryMiB in config.json, or let it use less: fewer workers, a smaller heap.',
    }),
  },
  {
    // What the build of a site says itself.
    pattern: /config\.json: (output|fallback): (the build made .+)/,
    cause: ([, field = '', why = '']) => ({
      cause: `config.json: ${field}: ${short(why.trim())}`,
      hint:
        field === 'output'
          ? 'Name the folder that the build makes in output, or correct the build.'
          : 'Name a page that the build makes in fallback.',
    }),
  },
  {
    // `docker-init` is tini.
    pattern: /\[FATAL tini \(\d+\)\] exec (\S+) failed: No such file or directory/,
    cause: ([, program = '']) =>
      program.includes('/')
        ? {
            cause: `The file ${short(program)} is not in the image, or not the interpreter that its first line names`,
            hint: 'Correct command in config.json. If the file is there, save it with the line ends of Linux (LF): with those of Windows (CRLF) its first line names an interpreter that is nowhere.',
          }
        : {
            cause: `The program ${short(program)} is not in the image`,
            hint: 'Correct command in config.json, or add the package that brings the program to the manifest.',
          },
  },
  {
    pattern: /\[FATAL tini \(\d+\)\] exec (\S+) failed: Permission denied/,
    cause: ([, program = '']) => ({
      cause: `The file ${short(program)} may not be executed`,
      hint: `Make it executable (chmod +x) and push again, or name its interpreter in command: ["sh", "${short(program)}"].`,
    }),
  },
  {
    pattern: /\[FATAL tini \(\d+\)\] exec (\S+) failed: Exec format error|exec (\S+): exec format error/i,
    cause: ([, program, other = '']) => ({
      cause: `The machine cannot execute ${short(program ?? other)}: it is built for another architecture, or it is a script without a first line such as #!/bin/sh`,
      hint: "Build for the node's architecture, or name the interpreter in command.",
    }),
  },
  {
    // docker-init hands what the kernel refuses to a shell, which reads the program as a script.
    pattern: /^(\S+): (?:line )?\d+: \W{0,4}ELF/m,
    cause: ([, program = '']) => ({
      cause: `The machine cannot execute ${short(program)}: it is a program for another architecture`,
      hint: "Send one that is built for the node's architecture, or let build make it.",
    }),
  },
  {
    pattern:
      /can only install packages when your package\.json and \S+(?: or npm-shrinkwrap\.json)? are in sync|ERR_PNPM_OUTDATED_LOCKFILE|YN0028|(?:lockfile|lock file|Pipfile\.lock)[^\n]*(?:needs to be updated|is frozen|out of date)|changed significantly since poetry\.lock/i,
    cause: () => ({
      cause: 'The lock file does not fit the manifest beside it',
      hint: 'Install once where you work (npm install, pnpm install, yarn, bun install, poetry lock, pipenv lock), and push the lock file that this writes.',
    }),
  },
  {
    pattern:
      /pg_config executable not found|mysql_config: (?:command )?not found|Can not find valid pkg-config name|(?:command|unable to execute) '?(?:x86_64-linux-gnu-|aarch64-linux-gnu-)?(?:gcc|g\+\+|cc)'?(?: failed)?: No such file|gyp ERR! (?:find Python|stack Error: not found: (?:make|gcc))/,
    cause: () => ({
      cause:
        'A package is compiled when it is installed, and the base image has no compiler, or not the headers that it needs',
      hint: 'Take a package that comes compiled (psycopg2-binary for psycopg2, PyMySQL for mysqlclient), or a base image with compilers, such as python:3.12 for python:3.12-slim, in BASE_IMAGES of the deployer.',
    }),
  },
  {
    pattern: /error while loading shared libraries: ([^\s:]+)/,
    cause: ([, library = '']) => ({
      cause: `The library ${short(library)} is not in the image`,
      hint: 'Take a base image that has it. Browsers of Playwright and Puppeteer need an image made for them: bring a Dockerfile.',
    }),
  },
  {
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    cause: ([, module = '']) => ({
      cause: `The Python module ${short(module)} is not installed`,
      hint: 'Add its package to the manifest that is installed (requirements.txt, pyproject.toml), or set install. If it is a module of your own, check the folder that command starts from.',
    }),
  },
  {
    // https://github.com/npm/cli/issues/4828: npm may note optional packages of its own system alone.
    pattern: /Cannot find (?:module|native binding)[^\n]*?(@[\w.-]+\/[\w-]*linux-(?:x64|arm64)[\w-]*)/,
    cause: ([, module = '']) => ({
      cause: `${short(module)} is not installed: the lock file was written on another system, and does not name what Linux needs`,
      hint: 'Remove node_modules and the lock file, run npm install, and send the lock file that it writes.',
    }),
  },
  {
    pattern:
      /cannot find the required `?(libssl)`? system library|(libssl\.so[.\d]*): cannot open shared object file/,
    cause: ([, name, file = '']) => ({
      cause: `The library ${short(name ?? file)} is not in the image`,
      hint: 'Prisma needs OpenSSL: take a base image that has it, or bring a Dockerfile that installs openssl.',
    }),
  },
  { pattern: /Cannot find (?:module|package) '([^']+)'/, cause: missingNodeModule },
  {
    pattern: /(?:^|\s)(?:\/bin\/)?(?:sh|bash)(?:: line \d+|: \d+)?: ([^\s:]+): (?:command )?not found/,
    cause: ([, program = '']) => ({
      cause: `The program ${short(program)} is not in the image`,
      hint: 'Add the package that brings it to the manifest, or install it with install. Tools of a build belong into devDependencies or dependencies.',
    }),
  },
  {
    // The engine itself, of a step of a build and of an image without init.
    pattern: /exec: "([^"]+)": (?:executable file not found|stat [^:]+: no such file)/,
    cause: ([, program = '']) => ({
      cause: `The program ${short(program)} is not in the image`,
      hint: 'Correct the command in config.json, or take a base image that has the program.',
    }),
  },
  {
    pattern: /KeyError: '([A-Z][A-Z0-9_]*)'/,
    cause: ([match = '', name = ''], log) => missingVariable(name, match, log),
  },
  {
    pattern: /EROFS: read-only file system, \w+ '([^']+)'|\[Errno 30\] Read-only file system: '([^']+)'/,
    cause: ([, node, python = '']) => ({
      cause: `It may not write ${short(node ?? python)}: its file system is read-only`,
      hint: 'Remove readOnly from config.json, or name the folder in tmpfs, or in volumes if its files must stay.',
    }),
  },
  {
    pattern: /(?:sqlite3\.OperationalError: )?unable to open database file/,
    cause: () => ({ cause: 'It may not write its database file', hint: NOT_WRITABLE }),
  },
  {
    pattern:
      /(?:PermissionError: \[Errno 13\] Permission denied: '([^']+)'|EACCES: permission denied, \w+ '([^']+)')/,
    cause: ([, python, node = '']) => {
      const path = python ?? node;
      return {
        cause: `It has no permission for ${short(path)}`,
        hint: path.startsWith('/') ? NOT_WRITABLE : NOT_WRITABLE_HERE,
      };
    },
  },
  {
    pattern: /(?:EADDRINUSE|Address already in use|address already in use)[^\n]*/,
    cause: () => ({
      cause: 'Two of its processes want the same port',
      hint: 'Let command start one server, or give the others a port of their own.',
    }),
  },
  {
    pattern:
      /(?:ECONNREFUSED (?:127\.0\.0\.1|::1):|connection to server at "(?:localhost|127\.0\.0\.1)"[^\n]*port )(\d+)/,
    cause: ([, port = '']) => ({
      cause: `It looks for another server at localhost:${port}, which is its own container`,
      hint: 'Set the address of that server in env of config.json (or in secrets).',
    }),
  },
  {
    // As programs say it themselves. Capitals show a variable; a warning ends nothing.
    pattern:
      /^(?!.*(?:WARN|[Ww]arn|default)).*?\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b((?: environment variable)?(?: is| was)? (?:not set|missing|required))\b/m,
    cause: ([, name = '', says = ''], log) => missingVariable(name, `${name}${says}`, log),
  },
];

/** What the first of these signs says that the log has. */
export function firstSign(signs: readonly Sign[], log: string): SeenCause | undefined {
  for (const { pattern, cause } of signs) {
    const match = pattern.exec(log);
    const found = match === null ? undefined : cause(match, log);
    if (match !== null && found !== undefined) return { ...found, at: match.index };
  }
  return undefined;
}

/** The cause that a log tells, as far as its words are known. */
export const causeInLog = (log: string | undefined): SeenCause | undefined =>
  log === undefined ? undefined : firstSign(SIGNS, log);
