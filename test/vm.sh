#!/usr/bin/env bash
# Runs system tests in machines whose only cgroups are version 2: without systemd, with it, and one that has SELinux where
# the others have AppArmor.
#
#   ORLOP_VM_RUN=PROGRAM test/vm.sh [TEST FILE...]
#
# PROGRAM [--systemd] [--append "KERNEL PARAMETERS"] --timeout S --share DIR:PATH[:ro]... -- COMMAND... runs a command as
# root in a virtual machine and ends as it did. The machine needs busybox at /usr/bin/busybox, util-linux, getfattr and the
# C++ library; Node is this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -z ${ORLOP_VM_RUN:-} ]]; then
  echo 'test/vm.sh: skipped: ORLOP_VM_RUN does not name a program that runs a command in a virtual machine'
  exit 0
fi

tests=("$@")
[[ $# -gt 0 ]] || tests=(test/system/{cgroup2,lifecycle,inside,failure,sigkill,tmpcopyup,events,systemd,systemd-log,attributes,security}.test.ts)
node=$(readlink -f "$(command -v node)")
# Programs that a small system may lack (hostname) are busybox's; what a test writes stays in the machine.
read -r -d '' inside <<'END' || :
set -e
project=$1 node=$2; shift 2
mkdir -p /tmp/bin
/usr/bin/busybox --install -s /tmp/bin
ln -sf "$node" /tmp/bin/node
export PATH=$PATH:/tmp/bin
cd "$project"
exec node node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project system "$@"
END

run() { # OPTION OF PROGRAM... -- TEST FILE...
  local options=()
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  "$ORLOP_VM_RUN" "${options[@]}" --timeout 3600 --share "$PWD:$PWD" --share "$(dirname "$node"):/node:ro" -- \
    bash -c "$inside" bash "$PWD" "/node/$(basename "$node")" "$@" || status=1
}

status=0
echo 'test/vm.sh: without systemd'
run -- "${tests[@]}"
echo 'test/vm.sh: with systemd'
run --systemd -- "${tests[@]}"
if [[ $# -eq 0 ]]; then
  echo 'test/vm.sh: with SELinux'
  run --append 'lsm=selinux selinux=1' -- test/system/security.test.ts
fi
exit "$status"
