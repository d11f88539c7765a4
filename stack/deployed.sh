#!/usr/bin/env bash
# deployed.sh <stack> <region> <profile, or empty>: writes the stack's deployed template as JSON; an empty one if there is no stack.
set -euo pipefail
access=(--region "$2")
if [ -n "$3" ]; then access+=(--profile "$3"); fi
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
if ! aws cloudformation get-template --stack-name "$1" --template-stage Original --query TemplateBody --output json "${access[@]}" 2>"$errors"; then
  if ! grep -q "Stack with id $1 does not exist" "$errors"; then
    cat "$errors" >&2
    exit 1
  fi
  echo '{}'
fi
