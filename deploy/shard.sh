#!/bin/sh
# One shard of a rollout: begun if it was not begun, gone on with if it was.
#
#     rolecall-shard apply --accounts accounts.csv --yes
#
# The scheduler starts this again where a machine was lost; what the shard has done by then is on record in its folder.
#
#   ROLLOUT    the rollout's name, and its folder below /rollout; a new rollout needs a new one
#   SHARDS     how many shards there are
#   SHARD      which one this is, from 1; left out where Kubernetes or AWS Batch tell it by an index from 0
#   STS_RATE   calls to STS a second: this shard's part of what the caller's account may make in all [default: 20]
set -eu

part=${SHARD:-${JOB_COMPLETION_INDEX:-${AWS_BATCH_JOB_ARRAY_INDEX:-}}}
: "${ROLLOUT:?it has no name}" "${SHARDS:?it is not said how many there are}" "${part:?it is not said which one this is}"
reports=${ROLLOUTS:-/rollout}/$ROLLOUT/$part

# A run whose list of accounts is not on record has done nothing.
if grep -qs '"entry":"began"' "$reports/latest/journal.jsonl"; then
    exec rolecall resume latest --report-dir "$reports" --sts-rate "${STS_RATE:-20}" --yes --quiet
fi
exec rolecall "$@" --shard "${SHARD:-auto}/$SHARDS" --report-dir "$reports" --sts-rate "${STS_RATE:-20}" --quiet
