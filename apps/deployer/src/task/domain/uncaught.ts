import { type Cause, short } from './log-causes.js';

/** An error that a program did not catch, and where its own code raised it, as `file, line N`. */
interface Uncaught {
  readonly says: string;
  readonly place?: string;
}

/** Frames of Python are indented; the exception stands behind them. A syntax error has no head. */
const TRACEBACK = /((?:^[ \t].*\n)+)^([A-Za-z_][\w.]*(?:: .*)?)$/gm;
const PYTHON_FRAME = /File "([^"]+)", line (\d+)/g;
const OF_PACKAGES = /site-packages|dist-packages|\/lib\/python|^</;

function ofPython(log: string): Uncaught | undefined {
  const blocks = [...log.matchAll(TRACEBACK)].filter(([, frames = '']) => frames.includes('File "'));
  const [, frames = '', says] = blocks.at(-1) ?? [];
  if (says === undefined) return undefined;
  const own = [...frames.matchAll(PYTHON_FRAME)].findLast(([, file = '']) => !OF_PACKAGES.test(file));
  return { says, place: own && `${own[1]}, line ${own[2]}` };
}

const NODE_ERROR = /^(?:Uncaught )?((?:[A-Z]\w*)?Error(?: \[\w+\])?: .+)\n\s+at /gm;
/** The line that Node prints before the error, and a frame. */
const NODE_PLACE = /(?:^|\()(?:file:\/\/)?(\/[^\s():]+):(\d+)(?::\d+)?\)?$/gm;

/** Node prints its version behind an error that ends it. */
function ofNode(log: string): Uncaught | undefined {
  if (!/^Node\.js v\d/m.test(log)) return undefined;
  const says = [...log.matchAll(NODE_ERROR)].at(-1)?.[1];
  if (says === undefined) return undefined;
  const own = [...log.matchAll(NODE_PLACE)].find(([, file = '']) => !file.includes('/node_modules/'));
  return { says, place: own && `${own[1]}, line ${own[2]}` };
}

/** The error that ended a program, in its words. What is known of such words is a sign of `log-causes`. */
export function uncaughtIn(log: string | undefined): Cause | undefined {
  const found = log === undefined ? undefined : (ofPython(log) ?? ofNode(log));
  if (found === undefined) return undefined;
  const { says, place } = found;
  return {
    cause: `An error ended it: ${short(says.trim(), 300)}${place === undefined ? '' : ` (${short(place)})`}`,
    hint:
      place === undefined
        ? 'Read the end of its log, correct it, and deploy again.'
        : `Look at ${short(place)}, correct it, and deploy again.`,
  };
}
