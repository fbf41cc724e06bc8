import { stat } from 'node:fs/promises';

/** Whether a file lies there. What cannot be looked at is none. */
export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
