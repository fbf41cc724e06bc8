interface Call<A, R> {
  readonly asked: A;
  readonly done: PromiseWithResolvers<R>;
}

/**
 * Calls that are made at once become one call of `work`, which answers each of them in their order. One `work` at a time:
 * calls that come meanwhile are the next one's.
 */
export function joined<A, R>(work: (asked: readonly A[]) => Promise<readonly R[]>): (asked: A) => Promise<R> {
  let calls: Call<A, R>[] = [];
  let isRunning = false;
  const answer = async (these: readonly Call<A, R>[]): Promise<void> => {
    try {
      const answers = await work(these.map(({ asked }) => asked));
      for (const [index, { done }] of these.entries()) done.resolve(answers[index]!);
    } catch (error) {
      for (const { done } of these) done.reject(error);
    }
  };
  const run = async (): Promise<void> => {
    for (; calls.length > 0; await untilAllHaveAsked()) {
      const these = calls;
      calls = [];
      await answer(these);
    }
    isRunning = false;
  };
  return (asked) => {
    const done = Promise.withResolvers<R>();
    calls.push({ asked, done });
    if (!isRunning) {
      isRunning = true;
      void untilAllHaveAsked().then(run);
    }
    return done.promise;
  };
}

/** Whoever was answered asks the next thing at once, within microtasks. */
const untilAllHaveAsked = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
