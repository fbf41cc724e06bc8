/**
 * The arrows between folders, enforced. Each rule says why it is there, and each has a failing fixture below
 * test/arrows/fixtures that proves it fires (test/arrows/arrows.repo.spec.ts).
 *
 * `(^|/)` instead of `^` lets the fixtures be small trees of the same shape somewhere else.
 */
const APP = '(?:^|/)apps/';
const LIB = '(?:^|/)libs/';
const LIB_INDEX = `${LIB}[^/]+/src/index\\.ts$`;
/** A file right below a feature's folder. */
const FEATURE = `${APP}[^/]+/src/[^/]+/`;
/** A use case: right in its feature's folder, or one of the effects that a task runs, a file each. */
const USE_CASE = `${FEATURE}(?:effects/)?[^/]+\\.ts$`;
/** Where a feature meets what is outside: it is wired, called over HTTP, or fed with messages. */
const EDGE = ['/(?:ports|wire|http|consumer)\\.ts$', '\\.(?:wire|http|consumer|testing)\\.ts$'];
/** Folders right below src/ that are no features: of an app that is small enough to have layers. */
const LAYERS = '/src/(?:adapters|commands|consumers|domain|http|use-cases)/';
/** Pure libs: what they say is the same everywhere and at any time. */
const PURE_LIBS = `${LIB}(?:contracts|observations|source-detect)/src/index\\.ts$`;
const TESTING = '\\.testing\\.ts$';
const SPEC = '\\.spec\\.ts$';
const BROKER = '(?:^|/)apps/cli/src/adapters/broker\\.ts$';
/** What `slipway init` writes, by what detection found. */
const CONFIG_FILE = '(?:^|/)apps/cli/src/domain/config-file\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'app-imports-app',
      severity: 'error',
      comment:
        'Each app is a process of its own that may run on another machine: apps talk through messages. ' +
        'Only standalone, which starts them all in one process, may import them.',
      from: { path: `${APP}([^/]+)/`, pathNot: `${APP}standalone/` },
      to: { path: APP, pathNot: `${APP}$1/` },
    },
    {
      name: 'lib-imports-app',
      severity: 'error',
      comment:
        'Libs are below apps. A lib that needs something of an app declares a port, and the app fills it.',
      from: { path: LIB },
      to: { path: APP },
    },
    {
      name: 'lib-past-its-index',
      severity: 'error',
      comment:
        'A lib has one entry. What its index does not export may change at any time, without asking who uses it. Contract ' +
        'suites are for whoever has another adapter to test.',
      from: { path: '(?:^|/)(?:apps|scripts|test)/', pathNot: LIB },
      to: { path: `${LIB}[^/]+/`, pathNot: [LIB_INDEX, '\\.contract\\.ts$'] },
    },
    {
      name: 'lib-past-another-index',
      severity: 'error',
      comment:
        'The same between libs: a lib sees the inside of no lib but itself, so each can be changed alone.',
      from: { path: `${LIB}([^/]+)/` },
      to: { path: `${LIB}[^/]+/`, pathNot: [`${LIB}$1/`, LIB_INDEX] },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment:
        'The domain decides; it does not do. Without clock, randomness, I/O or framework in it, every decision can ' +
        'be tested and folded again. It imports domains of its own app, the pure libs, zod and JsonLogic.',
      from: { path: `${APP}.+/domain/`, pathNot: SPEC },
      to: {
        pathNot: ['/domain/', PURE_LIBS, '(?:^|/)node_modules/(?:zod|json-logic-js|@types/json-logic-js)/'],
      },
    },
    {
      name: 'use-cases-know-ports-only',
      severity: 'error',
      comment:
        'A use case joins the domain with ports. Importing an adapter or a lib would tie it to one database or engine ' +
        'and take its tests with it.',
      from: {
        path: USE_CASE,
        pathNot: [SPEC, LAYERS, ...EDGE],
      },
      to: { pathNot: ['/domain/', USE_CASE, PURE_LIBS] },
    },
    {
      name: 'ports-are-interfaces',
      severity: 'error',
      comment:
        'A port says what a feature needs, in the words of the domain. With an adapter or an SDK in it, whoever uses ' +
        'the port would depend on those too.',
      from: { path: `${FEATURE}ports\\.ts$` },
      to: { path: ['/adapters/', '(?:^|/)node_modules/'] },
    },
    {
      name: 'features-keep-their-adapters',
      severity: 'error',
      comment:
        'A feature sees the domain, the ports and the use cases of another feature, never its adapters: how it keeps ' +
        'its rows or speaks to an engine may change without asking the others.',
      from: { path: `${APP}([^/]+)/src/([^/]+)/`, pathNot: [SPEC, TESTING, LAYERS] },
      to: { path: `${APP}$1/src/[^/]+/adapters/`, pathNot: [`${APP}$1/src/$2/`] },
    },
    {
      name: 'source-detect-is-pure',
      severity: 'error',
      comment:
        'What a folder of source is must come out the same in the command, in a plan and in a build, so it is found out ' +
        'from names and texts alone. It imports contracts, and libraries that read versions and file formats.',
      from: { path: `${LIB}source-detect/`, pathNot: SPEC },
      to: {
        pathNot: [
          `${LIB}source-detect/`,
          PURE_LIBS,
          '(?:^|/)node_modules/(?:semver|smol-toml|yaml|@types/semver)/',
        ],
      },
    },
    {
      name: 'traces-are-loaded-late',
      severity: 'error',
      comment:
        'The tracing SDK takes half a second to load, which only a process that traces may pay: types, or import() ' +
        'behind the setting.',
      from: { pathNot: SPEC },
      to: { path: '(?:^|/)node_modules/@opentelemetry/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'blob-clients-are-loaded-late',
      severity: 'error',
      comment:
        'Each client of a storage takes a part of a second to load, and one of them is needed, by few commands: types, ' +
        'or import() where the place is opened.',
      from: { path: `${LIB}blob/src/`, pathNot: [SPEC] },
      to: {
        path: `${LIB}blob/src/(?:azure|s3|folder)-store\\.ts$`,
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'command-starts-light',
      severity: 'error',
      comment:
        'Somebody waits for each command, and the client of Kafka takes half a second to ' +
        'load, the readers of file formats a tenth: types, or import() where they are used.',
      from: { path: '(?:^|/)apps/cli/', pathNot: [SPEC, BROKER, CONFIG_FILE] },
      to: {
        path: [`${LIB}(?:kafka|telemetry|source-detect)/`, BROKER, CONFIG_FILE],
        ...{ dynamic: false, dependencyTypesNot: ['type-only'] },
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Files of a cycle can only be understood, loaded and tested together, so they are one file in disguise.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(?:^|/)dist/', '^test/arrows/fixtures/', '^test/sources/projects/'] },
    // Types are arrows too: they are gone at run time, but not from the reader's head.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      // `source` makes `#libs/x` mean the TypeScript file, as it does for the compiler and the tests.
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
