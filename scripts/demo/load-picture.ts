import { tableLines } from '../../apps/cli/src/domain/table.js';

export interface PictureInstance {
  readonly name: string;
  readonly state: string;
  readonly requestsPerSecond: number;
  readonly inFlight: number;
  /** 0 to 100: 100 is idle. */
  readonly score?: number;
}

/** What the load and the platform say, at one moment. */
export interface LoadPicture {
  readonly title: string;
  /** Requests a second that are asked for. */
  readonly wanted: number;
  /** Of the last second. */
  readonly answered: number;
  readonly failed: number;
  readonly p95Ms?: number;
  /** Since the start, so many lines of requests a second at most are shown. */
  readonly history: readonly { readonly wanted: number; readonly instances: number }[];
  readonly instances: readonly PictureInstance[];
  /** Why there are as many instances as there are, where somebody decides that. */
  readonly decision?: string;
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** Of a row of blocks. */
const WIDTH = 60;
const UNKNOWN = '-';

/** The picture as lines of a terminal. */
export function pictureLines(picture: LoadPicture): string[] {
  const { title, wanted, answered, failed, p95Ms, history, instances, decision } = picture;
  const last = history.slice(-WIDTH);
  return [
    `${title}: ${wanted.toFixed(0)} requests/s asked, ${answered} answered, ${failed} failed, p95 ${p95Ms === undefined ? UNKNOWN : `${p95Ms.toFixed(0)} ms`}`,
    `requests/s  ${blocks(last.map((one) => one.wanted))}`,
    `instances   ${blocks(last.map((one) => one.instances))}`,
    '',
    ...(instances.length === 0
      ? ['No instance runs.']
      : tableLines(['INSTANCE', 'STATE', 'REQUESTS/S', 'IN FLIGHT', 'SCORE'], instances.map(cells))),
    ...(decision === undefined ? [] : ['', `Last decision: ${decision}`]),
    '',
    'Ctrl-C ends everything.',
  ];
}

const cells = (one: PictureInstance): string[] => [
  ...[one.name, one.state, String(one.requestsPerSecond), String(one.inFlight)],
  one.score === undefined ? UNKNOWN : String(one.score),
];

/** One block for each value, the highest of all as the whole. */
function blocks(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  return values
    .map((value) => (most === 0 ? BLOCKS[0] : BLOCKS[Math.round((value / most) * (BLOCKS.length - 1))]))
    .join('');
}
