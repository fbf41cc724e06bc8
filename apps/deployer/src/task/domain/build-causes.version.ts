import { type Cause, short, type Sign } from './log-causes.js';

const IN_MANIFEST = 'Correct its name or its version in the manifest';
const AND_LOCK = `${IN_MANIFEST}, and renew the lock file.`;

const doesNotExist = (what: string, more = ''): Cause => ({
  cause: `There is no ${short(what)} to install${more}`,
  hint: AND_LOCK,
});

const isFinal = (version: string): boolean => /^\d+(?:\.\d+)*(?:\.?post\d+)?$/.test(version);

/** pip lists all versions that it can take, the newest last. */
function noVersionForPip([, wanted = '', list = '']: readonly string[], log: string): Cause {
  const versions = list.split(', ').filter((one) => one !== '' && one !== 'none');
  const newest = versions.filter(isFinal).at(-1) ?? versions.at(-1);
  const exact = /==([\w.]+)/.exec(wanted)?.[1];
  const [, others = ''] =
    /Ignored the following versions that require a different python version: (.+)/.exec(log) ?? [];
  const isForOther = exact !== undefined && others.split(/[;\s]+/).includes(exact);
  if (isForOther || (versions.length === 0 && others !== ''))
    return {
      cause: `${short(wanted)} is there for other versions of Python only`,
      hint: 'Name the version of Python in version of config.json, or in .python-version; or ask for another version of the package.',
    };
  if (newest !== undefined)
    return { ...doesNotExist(wanted, `; the newest is ${newest}`), hint: `${IN_MANIFEST}.` };
  return {
    cause: `There is no package ${short(wanted)}, or none for this version of Python`,
    hint: `${IN_MANIFEST}.`,
  };
}

/** Names and versions that nobody has, or that exclude each other. */
export const VERSION_SIGNS: readonly Sign[] = [
  {
    pattern:
      /Could not find a version that satisfies the requirement (\S+)[^\n]*? \(from versions: ([^)]*)\)/,
    cause: noVersionForPip,
  },
  {
    pattern: /Package '([^']+)' requires a different Python: (\S+) not in '([^']+)'/,
    cause: ([, name = '', has = '', wanted = '']) => ({
      cause: `${short(name)} needs Python ${short(wanted)}, and is built with ${short(has)}`,
      hint: 'Name the version of Python in version of config.json, or in .python-version.',
    }),
  },
  {
    pattern: /Cannot install ([^\n]+?) because these package versions have conflicting dependencies/,
    cause: ([, names = '']) => ({
      cause: `No version fits all that is asked for: ${short(names)}`,
      hint: 'The lines after it say who asks for what. Loosen one of the versions in the manifest.',
    }),
  },
  {
    pattern: /THESE PACKAGES DO NOT MATCH THE HASHES/,
    cause: () => ({
      cause: 'A package is not the one whose hash the manifest has',
      hint: 'Write the hashes anew, with the tool that wrote them (pip-compile, poetry, uv).',
    }),
  },
  {
    pattern: /npm (?:error|ERR!) notarget No matching version found for (\S+?)\.?(?=\s|$)/,
    cause: ([, what = '']) => doesNotExist(what),
  },
  {
    pattern:
      /npm (?:error|ERR!) 404\s+(?:The requested resource )?'([^'\n]+)' (?:is not in this registry|could not be found)/,
    cause: ([, what = '']) => ({
      cause: `The registry has no ${short(what)}, or only for those who log in`,
      hint: AND_LOCK,
    }),
  },
  {
    pattern: /npm (?:error|ERR!) (?:code )?ERESOLVE/,
    cause: (_, log) => {
      const [, peer, of] = /peer (?:\w+ )?(\S+@"[^"]+") from (\S+)/.exec(log) ?? [];
      return {
        cause: `Packages of package.json do not fit each other${peer === undefined ? '' : `: ${short(of ?? '')} needs ${short(peer)}`}`,
        hint: 'Correct the versions in package.json and commit the new lock file. Or set install of config.json to "npm ci --legacy-peer-deps".',
      };
    },
  },
  {
    pattern: /npm (?:error|ERR!) code EBADENGINE[\s\S]*?Required: ([^\n]+)/,
    cause: ([, required = '']) => ({
      cause: `A package needs another version of Node.js or npm: ${short(required)}`,
      hint: 'Name the version in version of config.json, or in engines of package.json.',
    }),
  },
  {
    pattern: /Couldn't find any versions for "([^"]+)" that matches "([^"]+)"/,
    cause: ([, name = '', range = '']) => doesNotExist(`${name}@${range}`),
  },
  { pattern: /Couldn't find package "([^"]+)"/, cause: ([, name = '']) => doesNotExist(name) },
  {
    pattern: /ERR_PNPM_NO_MATCHING_VERSION\s+No matching version found for (\S+)/,
    cause: ([, what = '']) => doesNotExist(what),
  },
  {
    pattern: /ERR_PNPM_FETCH_404\s+GET (\S+?):? /,
    cause: ([, url = '']) => doesNotExist(decodeURIComponent(url.replace(/^https?:\/\/[^/]+\//, ''))),
  },
  {
    // It breaks its lines.
    pattern: /Because (\S+) was not found in the\s+package\s+registry/,
    cause: ([, what = '']) => doesNotExist(what),
  },
  { pattern: /Because there is no version of (\S+)/, cause: ([, what = '']) => doesNotExist(what) },
  {
    pattern: /depends on (\S+) \(([^)]+)\) which doesn't match any versions/,
    cause: ([, name = '', range = '']) => doesNotExist(`${name} ${range}`),
  },
];
