import { describe, expect, it } from 'vitest';
import { StepError, toTaskError } from '../task/domain/task-error.js';
import { BuildPlaces } from './build-places.js';

const never = new AbortController().signal;
const failure = (code: string) => new StepError({ code, message: `${code} happened.`, hint: 'h' });

/** Places whose clock is told; at some builders a build fails so. */
function placesWith(
  limits: Readonly<Record<string, number>>,
  failing: Readonly<Record<string, string>> = {},
) {
  const tried: string[] = [];
  const said: string[] = [];
  const clock = { at: 0, now: () => new Date(clock.at) };
  const places = new BuildPlaces({
    limits: new Map(Object.entries(limits)),
    clock,
    onPassedOver: (builder) => said.push(builder),
  });
  const build = (builder: string): Promise<string> => {
    tried.push(builder);
    const code = failing[builder];
    return code === undefined ? Promise.resolve('built') : Promise.reject(failure(code));
  };
  return { places, tried, said, clock, build };
}

describe('a build', () => {
  it('goes to the builder with most room, and says which it was', async () => {
    const { places, build } = placesWith({ small: 1, big: 4 });
    expect(await places.build({ signal: never }, build)).toEqual({ builder: 'big', result: 'built' });
  });

  it.each(['ENGINE_UNREACHABLE', 'ENGINE_FORBIDDEN', 'ENGINE_UNSUPPORTED', 'BUILDER_DISK_FULL', 'NO_SPACE'])(
    'whose builder fails with %s goes on at another, and that is told',
    async (code) => {
      const { places, build, tried, said } = placesWith({ big: 4, small: 1 }, { big: code });
      const lines: string[] = [];
      const wish = { signal: never, onPassedOver: (...line: string[]) => lines.push(line.join(': ')) };
      expect((await places.build(wish, build)).builder).toBe('small');
      expect(tried).toEqual(['big', 'small']);
      expect(said).toEqual(['big']);
      expect(lines).toEqual([`big: ${code} happened.`]);
    },
  );

  it('that is to blame itself is not tried elsewhere', async () => {
    const { places, build, tried } = placesWith({ big: 4, small: 1 }, { big: 'BUILD_FAILED' });
    await expect(places.build({ signal: never }, build)).rejects.toMatchObject({ code: 'BUILD_FAILED' });
    expect(tried).toEqual(['big']);
  });

  it('passes over a builder that was lost just now, until it has had time to come back', async () => {
    const failing: Record<string, string> = { big: 'ENGINE_UNREACHABLE' };
    const { places, build, tried, clock } = placesWith({ big: 4, small: 1 }, failing);
    await places.build({ signal: never }, build);
    await places.build({ signal: never }, build);
    expect(tried).toEqual(['big', 'small', 'small']);
    delete failing['big'];
    clock.at = 11_000;
    expect((await places.build({ signal: never }, build)).builder).toBe('big');
  });

  it('tries builders that were lost where there is no other', async () => {
    const { places, build, tried } = placesWith({ only: 1 }, { only: 'ENGINE_UNREACHABLE' });
    for (const _ of [1, 2])
      await expect(places.build({ signal: never }, build)).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: 'ENGINE_UNREACHABLE happened.',
      });
    expect(tried).toEqual(['only', 'only']);
  });

  it('that no builder can do says of each why, first a disk that somebody can clean up', async () => {
    const failing = { a: 'BUILDER_DISK_FULL', b: 'ENGINE_UNREACHABLE' };
    const { places, build } = placesWith({ a: 2, b: 1 }, failing);
    await expect(places.build({ signal: never }, build)).rejects.toMatchObject({
      code: 'BUILDER_DISK_FULL',
      message: expect.stringMatching(/a: BUILDER_DISK_FULL.*b: ENGINE_UNREACHABLE/) as string,
    });
  });

  it('of a take-over goes where the image lies, however busy, and elsewhere only when that is lost', async () => {
    const { places, build, tried } = placesWith({ big: 4, small: 1 }, { small: 'ENGINE_UNREACHABLE' });
    expect((await places.build({ holder: 'small', signal: never }, build)).builder).toBe('big');
    expect(tried).toEqual(['small', 'big']);
  });

  it('does not try a builder that was lost while it waited for it', async () => {
    const { places, tried } = placesWith({ a: 1, b: 1 });
    const [atA, atB] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const first = places.build({ signal: never }, (builder) => {
      tried.push(`1 ${builder}`);
      return builder === 'a' ? atA.promise : Promise.resolve('built');
    });
    const second = places.build({ signal: never }, (builder) => (tried.push(`2 ${builder}`), atB.promise));
    const third = places.build({ signal: never }, (builder) => {
      tried.push(`3 ${builder}`);
      return Promise.resolve('built');
    });
    atA.reject(failure('ENGINE_UNREACHABLE'));
    atB.resolve('built');
    const built = await Promise.all([first, second, third]);
    expect(built.map(({ builder }) => builder)).toEqual(['b', 'b', 'b']);
    expect(tried.filter((one) => one.endsWith('a'))).toEqual(['1 a']);
  });

  it('that is given up while it waits leaves the line, and nobody behind is forgotten', async () => {
    const { places } = placesWith({ only: 1 });
    const holding = Promise.withResolvers<string>();
    const first = places.build({ signal: never }, () => holding.promise);
    const leaving = new AbortController();
    const left = places.build({ signal: leaving.signal }, () => Promise.resolve('left'));
    const behind = places.build({ signal: never }, () => Promise.resolve('behind'));
    leaving.abort(new Error('cancelled'));
    await expect(left).rejects.toThrow('cancelled');
    holding.resolve('first');
    expect((await Promise.all([first, behind])).map(({ result }) => result)).toEqual(['first', 'behind']);
  });
});

it('what two builders said at length was cut for each, and again: what the whole lacks is counted', async () => {
  const { places } = placesWith({ big: 4, small: 1 });
  const said = 'x'.repeat(20_000);
  const build = (): Promise<string> =>
    Promise.reject(new StepError({ code: 'NO_SPACE', message: said, hint: 'h' }));
  const thrown: unknown = await places.build({ signal: never }, build).catch((error: unknown) => error);
  const { message } = toTaskError('build-image', thrown);
  const [, kept = '', missing] = /^(.*)\.\.\. \((\d+) bytes more\)$/.exec(message) ?? [];
  const whole = `No builder is available. big: ${said} small: ${said}`;
  expect(kept.length + Number(missing)).toBe(whole.length);
});
