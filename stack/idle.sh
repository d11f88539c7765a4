#!/usr/bin/env bash
# idle.sh aws://<account>/<region> <profile, or empty> <state machine>...: fails while one of the machines has a running
# execution, or cannot be looked at. A machine that does not exist yet runs nothing.
set -euo pipefail
IFS=/ read -r _ _ account region <<<"$1"
access=(--region "$region")
if [ -n "$2" ]; then access+=(--profile "$2"); fi
shift 2
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

running=
for machine in "$@"; do
  if names=$(aws stepfunctions list-executions --state-machine-arn "arn:aws:states:$region:$account:stateMachine:$machine" \
    --status-filter RUNNING --query 'executions[].name' --output text "${access[@]}" 2>"$errors"); then
    for name in $names; do running+="  $machine: $name"$'\n'; done
  elif ! grep -q StateMachineDoesNotExist "$errors"; then
    cat "$errors" >&2
    echo "cannot see whether $machine runs (states:ListExecutions), so nothing is changed." >&2
    exit 1
  fi
done
if [ -n "$running" ]; then
  printf 'running:\n%sThese runs would be given other functions, or none, in the middle of their work. Wait until they have ended\n' "$running" >&2
  echo "(build/dbops status). To go ahead all the same: DURING_A_RUN=yes." >&2
  exit 1
fi
