#!/bin/bash
# Every KAFKA_* is a property of the broker, as in apache/kafka: KAFKA_NODE_ID=1 is node.id=1.
set -eu
config=/tmp/server.properties
env | grep '^KAFKA_' | grep -v '^KAFKA_HEAP_OPTS=' | while IFS='=' read -r name text; do
  key=${name#KAFKA_}
  key=${key,,}
  echo "${key//_/.}=$text"
done > "$config"
java -cp '/opt/kafka/*' kafka.tools.StorageTool format --cluster-id="$CLUSTER_ID" -c "$config" --ignore-formatted
# shellcheck disable=SC2086 # Several options.
exec java $KAFKA_HEAP_OPTS -XX:+UseSerialGC -cp '/opt/kafka/*' kafka.Kafka "$config"
