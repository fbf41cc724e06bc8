import { type Cause, short, type Sign } from './log-causes.js';

const OWN_IMAGE = 'build with a Dockerfile of your own that installs';

/** The package that was being made: of pip by its wheel, of npm by its folder. */
function packageIn(log: string): string {
  const [, wheel, building, folder] =
    /Failed building wheel for ([\w.-]+)|Building wheel for ([\w.-]+) \([^)]*\): finished with status 'error'|npm (?:error|ERR!) path \S*\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/.exec(
      log,
    ) ?? [];
  return short(wheel ?? building ?? folder ?? 'A package');
}

const toCompile = (log: string, lacks: string, installs: string): Cause => ({
  cause: `${packageIn(log)} has to be compiled, and the base image has no ${lacks}`,
  hint: `Take a version of it that is ready for this version of the runtime, or ${OWN_IMAGE} ${installs}.`,
});

const HEADERS: Readonly<Record<string, string>> = {
  'Python.h': 'python3-dev and gcc',
  'libpq-fe.h': 'libpq-dev and gcc',
  'ffi.h': 'libffi-dev and gcc',
  'mysql.h': 'default-libmysqlclient-dev and gcc',
};

/** What has to be compiled where no compiler is, or no headers are. */
export const COMPILER_SIGNS: readonly Sign[] = [
  {
    pattern: /pg_config(?: executable not found|: (?:command )?not found)/,
    cause: () => ({
      cause: 'psycopg2 has to be compiled, and the base image has no pg_config',
      hint: `Ask for psycopg2-binary instead of psycopg2, or ${OWN_IMAGE} libpq-dev and gcc.`,
    }),
  },
  {
    pattern:
      /mysql_config(?: executable not found|: (?:command )?not found)|Can not find valid pkg-config name|MYSQLCLIENT_CFLAGS/,
    cause: () => ({
      cause: 'mysqlclient has to be compiled, and the base image has no mysql_config',
      hint: `Ask for PyMySQL instead of mysqlclient, or ${OWN_IMAGE} default-libmysqlclient-dev, pkg-config and gcc.`,
    }),
  },
  {
    pattern: /fatal error: ([\w/.+-]+\.(?:h|hpp)): No such file or directory/,
    cause: ([, header = ''], log) =>
      toCompile(log, `header ${short(header)}`, HEADERS[header] ?? 'its library with its headers, and gcc'),
  },
  {
    pattern: /gyp ERR! (?:find Python|stack Error: (?:Could not find any Python|not found: (\S+)))/,
    cause: ([, tool = 'Python'], log) =>
      toCompile(log, `${short(tool)} for node-gyp`, 'python3, make and g++'),
  },
  {
    pattern: /can't find Rust compiler|(?:cargo|rustc)(?:: (?:command )?not found|' failed: No such file)/,
    cause: (_, log) => toCompile(log, 'Rust compiler', 'cargo'),
  },
  {
    pattern:
      /(?:command|execute) '(?:[\w-]+-)?(gcc|g\+\+|cc|c\+\+|clang)'(?: failed)?: No such file or directory|: (gcc|g\+\+|cc|make|cmake): (?:command )?not found/,
    cause: ([, compiler, tool = ''], log) =>
      toCompile(log, `compiler (${compiler ?? tool})`, 'build-essential'),
  },
];
