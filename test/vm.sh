#!/usr/bin/env bash
# Runs system tests in machines whose only cgroups are version 2: without systemd, with it, and one that has SELinux where
# the others have AppArmor; and the systemd driver where systemd has chosen version 1.
#
#   ORLOP_VM_RUN=PROGRAM test/vm.sh [TEST FILE...]
#
# PROGRAM [--systemd] [--append "KERNEL PARAMETERS"] --timeout S --share DIR:PATH[:ro]... -- COMMAND... runs a command as
# root in a virtual machine and ends as it did. The machine needs busybox at /usr/bin/busybox, util-linux, getfattr and the
# C++ library; Node is this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { # REASON
  printf '\n*** test/vm.sh: skipped, nothing is tested on cgroup v2 or with systemd: %s ***\n\n' "$1" >&2
  exit 0
}
if [[ -z ${ORLOP_VM_RUN:-} ]]; then
  skip 'ORLOP_VM_RUN does not name a program that runs a command in a virtual machine'
fi
"$ORLOP_VM_RUN" --timeout 600 -- true || skip "$ORLOP_VM_RUN cannot run even \"true\" (status $?)"

tests=("$@")
[[ $# -gt 0 ]] || tests=(test/system/{cgroup2,devices,update,processes,cgroup-manager,systemd-cgroup,lifecycle,inside,failure,sigkill,tmpcopyup,events,systemd,systemd-log,attributes,security,check-host}.test.ts)
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
  "$ORLOP_VM_RUN" "${options[@]}" --timeout 7200 --share "$PWD:$PWD" --share "$(dirname "$node"):/node:ro" -- \
    bash -c "$inside" bash "$PWD" "/node/$(basename "$node")" "$@" || status=1
}

status=0
echo 'test/vm.sh: without systemd'
run -- "${tests[@]}"
echo 'test/vm.sh: with systemd'
run --systemd -- "${tests[@]}"
if [[ $# -eq 0 ]]; then
  echo 'test/vm.sh: with systemd on cgroup v1'
  run --systemd --append systemd.unified_cgroup_hierarchy=0 -- test/system/systemd-cgroup.test.ts
  echo 'test/vm.sh: with SELinux'
  run --append 'lsm=selinux selinux=1' -- test/system/security.test.ts
fi
exit "$status"
