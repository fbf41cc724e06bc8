import { type LimitAnswer, limitAnswered, topics } from '#libs/contracts';
import { tail } from '#libs/kafka';
import type { Runtime } from '#libs/runtime';

/** Every replica reads all answers, and passes over those to others: who asks may change meanwhile. */
export const followAnswers = (
  kafka: Runtime['kafka'],
  onAnswer: (answer: LimitAnswer) => void,
): Promise<{ stop(): Promise<void> }> =>
  tail(kafka, {
    topics: [topics.limitAnswers],
    from: 'end',
    onMessage({ data }) {
      const read = limitAnswered.schema.safeParse(data);
      // What cannot be read is none: what the kernel applies is asked for again.
      if (read.success) onAnswer(read.data);
    },
  });
