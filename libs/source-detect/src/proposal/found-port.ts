import { dockerfileIn } from '../dockerfile-name.js';
import { exposedPorts } from '../dockerfile-ports.js';
import type { SourceTree } from '../source-tree.js';
import { codeFiles, firstMatch, type Found } from './found.js';

const PORT = String.raw`['"\x60]?:?(\d{2,5})\b(?![.\w])`;

/** How programs name the port that they listen on, the surest first. */
const IN_CODE: readonly RegExp[] = [
  // process.env.PORT || 3000, Number(process.env.PORT) ?? '3000', ENV['PORT'] or 3000, System.getenv ... : 3000
  new RegExp(String.raw`\bPORT\b['"]?\]?(?:,\s*10)?\)*\s*(?:\|\||\?\?|\bor\b)\s*${PORT}`),
  // os.environ.get("PORT", 5000), env.int('PORT', default=5000), ENV.fetch("PORT", 3000)
  new RegExp(String.raw`['"]PORT['"]\s*,\s*(?:default\s*=\s*)?${PORT}`),
  // ENV.fetch("PORT") { 3000 }
  new RegExp(String.raw`['"]PORT['"]\)?\s*\{\s*${PORT}`),
  // const { PORT = 3000 } = process.env
  new RegExp(String.raw`\{[^}\n]*\b(?:PORT|port)\s*=\s*${PORT}[^}\n]*\}\s*=`),
  new RegExp(String.raw`\.listen\(\s*(?:\{[^}]*?\bport\s*:\s*)?${PORT}`),
  // app.run(host="0.0.0.0", port=5000), uvicorn.run("app:app", port=8000), serve(app, port=8080), serve({ port: 3000 })
  new RegExp(String.raw`\b(?:run|run_app|run_simple|serve|run_server)\([^;]{0,200}?\bport\s*[=:]\s*${PORT}`),
  new RegExp(String.raw`\b\w*HTTPServer\(\s*\(\s*['"][^'"]*['"]\s*,\s*${PORT}`),
  new RegExp(
    String.raw`\b(?:ListenAndServe|Run|Start|Listen|bind|InetSocketAddress)\(\s*(?:['"][^'":]*)?${PORT}`,
  ),
  new RegExp(String.raw`\bset\s+:port\s*,\s*${PORT}`),
  new RegExp(
    String.raw`^\s*(?:export\s+)?(?:(?:const|let|var|final|int|static|private|public)\s+)*(?:PORT|port)\s*(?::\s*\w+\s*)?:?=\s*${PORT}`,
    'm',
  ),
];

/** What frameworks listen on where their call names no port. */
const BY_DEFAULT: readonly (readonly [uses: RegExp, starts: RegExp, port: number, name: string])[] = [
  [/\bFlask\(/, /\.run\((?![^)]*\bport\b)/, 5000, 'Flask'],
  [/\buvicorn\b/, /\buvicorn\.run\((?![^)]*\bport\b)/, 8000, 'uvicorn'],
];

const IN_WORDS: readonly RegExp[] = [
  /(?:^|\s)(?:--port|--http-port|-p)[= ]\s*['"]?(\d{2,5})\b/,
  /(?:^|\s)(?:-b|--bind|--http|--listen|-l)[= ]\s*['"]?[\w.[\]]*:(\d{2,5})\b/,
  /(?:^|\s)(?:\d+\.\d+\.\d+\.\d+|localhost|\[::\]):(\d{2,5})\b/,
  /(?:^|\s)PORT=(\d{2,5})\b/,
];

const PROPERTIES: readonly RegExp[] = [/^\s*server\.port\s*[=:]\s*(?:\$\{\w+:)?(\d{2,5})/m];
const ENV_FILES = ['.env.example', '.env.sample', '.env.template', '.env.dist'];

/** The port that a command line names. */
export const portInWords = (words: string): number | undefined => valid(firstMatch(words, IN_WORDS)?.group);

/** The port that the files of a source name, if any does. */
export function foundPort(
  tree: SourceTree,
  runtime: string,
  named: { readonly dockerfile?: string } = {},
): Found<number> | undefined {
  if (runtime === 'static') return undefined;
  const dockerfile = runtime === 'dockerfile' ? dockerfileIn(tree, named) : undefined;
  const [port] = dockerfile === undefined ? [] : exposedPorts(tree.text(dockerfile) ?? '');
  const exposed = valid(port?.split('/')[0]);
  if (exposed !== undefined) return { value: exposed, by: `EXPOSE of ${dockerfile}` };
  return (
    inFile(tree, 'Procfile', IN_WORDS) ??
    inScripts(tree) ??
    inCode(tree) ??
    inFile(tree, 'src/main/resources/application.properties', PROPERTIES) ??
    firstOf(ENV_FILES, (name) => inFile(tree, name, [/^PORT=['"]?(\d{2,5})\b/m]))
  );
}

function firstOf<T, R>(of: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of of) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function valid(text: string | undefined): number | undefined {
  const port = Number(text);
  return port >= 80 && port <= 65_535 ? port : undefined;
}

function inFile(tree: SourceTree, path: string, patterns: readonly RegExp[]): Found<number> | undefined {
  const match = firstMatch(tree.text(path) ?? '', patterns);
  const value = valid(match?.group);
  return match && value !== undefined ? { value, by: `${path}, line ${match.line}` } : undefined;
}

const START_SCRIPT = /"(?:start|start:prod|serve)"\s*:\s*"((?:[^"\\]|\\.)*)"/;

function inScripts(tree: SourceTree): Found<number> | undefined {
  const script = START_SCRIPT.exec(tree.text('package.json') ?? '')?.[1];
  const value = script === undefined ? undefined : portInWords(script);
  return value === undefined ? undefined : { value, by: 'its start script in package.json' };
}

function inCode(tree: SourceTree): Found<number> | undefined {
  const files = codeFiles(tree);
  return (
    firstOf(files, (path) => inFile(tree, path, IN_CODE)) ?? firstOf(files, (path) => byDefault(tree, path))
  );
}

function byDefault(tree: SourceTree, path: string): Found<number> | undefined {
  const text = tree.text(path) ?? '';
  const known = BY_DEFAULT.find(([uses, starts]) => uses.test(text) && starts.test(text));
  return known && { value: known[2], by: `${path}, the default of ${known[3]}` };
}
