import { expect, it } from 'vitest';
import { commandVariables } from './command-variables.js';

it('the file for other terminals lacked what names Kafka and storage of one’s own, and said to source the file', () => {
  const given = {
    KAFKA_BROKERS: 'kafka-1:9093',
    KAFKA_SASL_PASSWORD: 'p',
    S3_URL: 'http://s3',
    AWS_PROFILE: 'ours',
    DEPLOYER_DATABASE_URL: 'postgres://x',
    HOME: '/root',
  };
  const { DEPLOYER_DATABASE_URL: _ofApps, HOME: _ofShells, ...ofCommand } = given;
  expect(commandVariables(given)).toEqual(ofCommand);
});
